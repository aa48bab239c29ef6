// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// gumbo's tree into ours.
#include <gumbo.h>
#include <algorithm>
#include <chrono>
#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>

#include "detail/ascii.hpp"
#include "detail/duration_text.hpp"
#include "html/tree.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

/// Where gumbo's memory comes from. It is given back all at once: gumbo frees
/// its tree recursively, which a deeply nested page would make overflow the
/// stack. And gumbo knows neither limits nor failing allocations: the way out of
/// both is a jump over its frames, which hold nothing but this memory.
class arena {
 public:
  arena(std::size_t most, delay time) : left_(most), deadline_(time.after(clock_ns())) {}
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena() {
    while (chunks_) std::free(std::exchange(chunks_, chunks_->next));
  }

  enum class end { none, memory, time, allocation };

  void* take(std::size_t size) {
    if (++calls_ % calls_between_looks == 0 && clock_ns() > deadline_) leave(end::time);
    size = (size + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) *
           alignof(std::max_align_t);
    if (size > room_) add_chunk(size);
    room_ -= size;
    return std::exchange(free_, free_ + size);
  }

  std::jmp_buf escape;
  end ended = end::none;

 private:
  static std::int64_t clock_ns() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  static constexpr std::size_t chunk_size = 256 * 1024;
  static constexpr unsigned calls_between_looks = 256;
  struct alignas(std::max_align_t) chunk {
    chunk* next;
  };

  void add_chunk(std::size_t size) {
    std::size_t whole = std::max(chunk_size, size + sizeof(chunk));
    if (size > left_ || whole > left_) leave(end::memory);
    auto* fresh = static_cast<chunk*>(std::malloc(whole));
    if (!fresh) leave(end::allocation);
    left_ -= whole;
    fresh->next = std::exchange(chunks_, fresh);
    free_ = reinterpret_cast<char*>(fresh + 1);
    room_ = whole - sizeof(chunk);
  }

  [[noreturn]] void leave(end why) {
    ended = why;
    std::longjmp(escape, 1);
  }

  std::size_t left_;
  std::int64_t deadline_;
  chunk* chunks_ = nullptr;
  char* free_ = nullptr;
  std::size_t room_ = 0;
  unsigned calls_ = 0;
};

void* allocate(void* from, std::size_t size) { return static_cast<arena*>(from)->take(size); }
void deallocate(void*, void*) {}

/// Null if the arena has ended it.
const GumboNode* run_gumbo(arena& memory, std::string_view text) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = deallocate;
  options.userdata = &memory;
  options.max_errors = 0;
  if (setjmp(memory.escape) != 0) return nullptr;
  return gumbo_parse_with_options(&options, text.data(), text.size())->root;
}

class builder {
 public:
  tree take(const GumboNode* root);

 private:
  void add(const GumboNode* source, std::uint32_t parent);
  void add_element(const GumboElement& source, node& n);
  std::uint32_t name_index(const GumboElement& source);
  piece keep(std::string_view text);
  void link_siblings();

  tree tree_;
  std::unordered_map<std::string, std::uint32_t> names_;
};

tree builder::take(const GumboNode* root) {
  struct open_node {
    const GumboVector* children;
    std::uint32_t index;
    unsigned next = 0;
  };
  std::vector<open_node> open;
  add(root, no_node);
  open.push_back({&root->v.element.children, 0});
  while (!open.empty()) {
    open_node& top = open.back();
    if (top.next == top.children->length) {
      tree_.nodes[top.index].end = static_cast<std::uint32_t>(tree_.nodes.size());
      open.pop_back();
      continue;
    }
    auto* child = static_cast<const GumboNode*>(top.children->data[top.next++]);
    if (child->type == GUMBO_NODE_COMMENT || child->type == GUMBO_NODE_DOCUMENT) continue;
    auto index = static_cast<std::uint32_t>(tree_.nodes.size());
    add(child, top.index);
    if (tree_.nodes[index].is_element()) {
      open.push_back({&child->v.element.children, index});
    } else {
      tree_.nodes[index].end = index + 1;
    }
  }
  link_siblings();
  return std::move(tree_);
}

void builder::add(const GumboNode* source, std::uint32_t parent) {
  if (tree_.nodes.size() >= no_node - 1)
    throw parse_error("parse HTML: more than 4294967294 nodes");
  node n;
  n.parent = parent;
  if (source->type == GUMBO_NODE_ELEMENT || source->type == GUMBO_NODE_TEMPLATE) {
    add_element(source->v.element, n);
  } else {
    n.text = keep(source->v.text.text);
  }
  tree_.nodes.push_back(n);
}

void builder::add_element(const GumboElement& source, node& n) {
  n.name = name_index(source);
  n.first_attribute = static_cast<std::uint32_t>(tree_.attributes.size());
  n.attributes = source.attributes.length;
  for (unsigned i = 0; i < source.attributes.length; ++i) {
    auto* a = static_cast<const GumboAttribute*>(source.attributes.data[i]);
    tree_.attributes.push_back({keep(ascii::lower(a->name)), keep(a->value)});
  }
}

std::uint32_t builder::name_index(const GumboElement& source) {
  std::string name = gumbo_normalized_tagname(source.tag);
  if (source.tag == GUMBO_TAG_UNKNOWN) {
    GumboStringPiece original = source.original_tag;
    gumbo_tag_from_original_text(&original);
    name = ascii::lower({original.data ? original.data : "", original.length});
  }
  auto [place, fresh] = names_.try_emplace(name, static_cast<std::uint32_t>(tree_.names.size()));
  if (fresh) tree_.names.push_back(std::move(name));
  return place->second;
}

piece builder::keep(std::string_view text) {
  std::size_t begin = tree_.characters.size();
  if (text.size() > UINT32_MAX - begin) throw parse_error("parse HTML: more than 4 GiB of text");
  tree_.characters += text;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text.size())};
}

void builder::link_siblings() {
  struct count {
    std::uint32_t parent = no_node;
    std::uint32_t elements = 0;
  };
  std::vector<count> of_name(tree_.names.size());
  std::vector<node>& nodes = tree_.nodes;
  nodes[0].position = nodes[0].type_position = nodes[0].type_position_from_end = 1;
  for (std::uint32_t parent = 0; parent < nodes.size(); ++parent) {
    if (!nodes[parent].is_element()) continue;
    std::uint32_t previous = no_node;
    for (std::uint32_t i = parent + 1; i < nodes[parent].end; i = nodes[i].end) {
      if (!nodes[i].is_element()) continue;
      count& same = of_name[nodes[i].name];
      if (same.parent != parent) same = {parent, 0};
      nodes[i].type_position = ++same.elements;
      nodes[i].position = ++nodes[parent].children;
      nodes[i].previous = previous;
      if (previous != no_node) nodes[previous].next = i;
      previous = i;
    }
    for (std::uint32_t i = previous; i != no_node; i = nodes[i].previous)
      nodes[i].type_position_from_end =
          of_name[nodes[i].name].elements - nodes[i].type_position + 1;
  }
}

}  // namespace

tree parse_tree(std::string_view text, const parse_options& options) {
  std::string what = "parse HTML of " + std::to_string(text.size()) + " bytes: ";
  if (text.size() > options.max_bytes)
    throw parse_error(what + "more than " + std::to_string(options.max_bytes));
  arena memory(options.max_memory, options.max_time);
  const GumboNode* root = run_gumbo(memory, text);
  if (memory.ended == arena::end::memory)
    throw parse_error(what + "it takes more than " + std::to_string(options.max_memory) +
                      " bytes of memory");
  if (memory.ended == arena::end::time)
    throw parse_error(what + "it takes more than " +
                      rondo::detail::duration_text(options.max_time.nanoseconds()));
  if (memory.ended == arena::end::allocation) throw std::bad_alloc();
  return builder().take(root);
}

}}}  // namespace rondo::v0::html::detail
