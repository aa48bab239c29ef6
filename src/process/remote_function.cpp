// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/process/remote_function.hpp>

#include <cxxabi.h>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <typeinfo>

namespace rondo { inline namespace v0 {

namespace {

constinit const remote_function* first_function = nullptr;

// The types that arrive as themselves.
struct known_exception {
  std::string_view name;
  void (*raise)(const std::string& message);
};
template <class E>
[[noreturn]] void raise(const std::string& message) {
  throw E(message);
}
constexpr known_exception known_exceptions[] = {
    {"std::logic_error", &raise<std::logic_error>},
    {"std::invalid_argument", &raise<std::invalid_argument>},
    {"std::domain_error", &raise<std::domain_error>},
    {"std::length_error", &raise<std::length_error>},
    {"std::out_of_range", &raise<std::out_of_range>},
    {"std::runtime_error", &raise<std::runtime_error>},
    {"std::range_error", &raise<std::range_error>},
    {"std::overflow_error", &raise<std::overflow_error>},
    {"std::underflow_error", &raise<std::underflow_error>},
    {"std::bad_alloc", [](const std::string&) { throw std::bad_alloc(); }},
};

[[noreturn]] void raise_remote(const std::string& type, const std::string& message) {
  for (const known_exception& known : known_exceptions)
    if (known.name == type) known.raise(message);
  throw remote_error(type, message);
}

// Of the exception that is being handled.
std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (!type) return "unknown";
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  std::string result = status == 0 ? name.get() : type->name();
  constexpr std::string_view tagged = "rondo::v0::";  // the inline namespace
  if (result.starts_with(tagged)) result.replace(0, tagged.size(), "rondo::");
  return result;
}

// What stands between the brackets of `... [F = &f, Type = int (*)(int)]`.
std::string_view template_arguments(std::string_view spelling) noexcept {
  std::size_t at = spelling.find("F = ");
  if (at == spelling.npos) return spelling;
  spelling.remove_prefix(at + 4);
  if (spelling.ends_with(']')) spelling.remove_suffix(1);
  return spelling;
}

}  // namespace

remote_function::remote_function(const char* spelling, const void* address, invoker call) noexcept
    : name_(template_arguments(spelling)), address_(address), call_(call), next_(first_function) {
  first_function = this;
}

std::string_view remote_function::short_name() const noexcept {
  std::string_view name = name_.substr(0, name_.find("Type = "));
  while (name.ends_with(' ') || name.ends_with(',') || name.ends_with(';')) name.remove_suffix(1);
  if (name.starts_with('&')) name.remove_prefix(1);
  return name;
}

void remote_function::require_unique() const {
  for (const remote_function* f = first_function; f; f = f->next_) {
    // The same function may be registered by several shared libraries.
    if (f->name_ == name_ && f->address_ != address_)
      throw usage_error("process_pool::call of " + std::string(short_name()) +
                        ": two files of this program have a function of this name and type that "
                        "is static or in an unnamed namespace; rename one, or give it external "
                        "linkage");
  }
}

const remote_function* remote_function::find(std::string_view name) noexcept {
  for (const remote_function* f = first_function; f; f = f->next_)
    if (f->name_ == name) return f;
  return nullptr;
}

packed remote_function::answer(std::string_view name, std::string_view arguments) {
  try {
    const remote_function* f = find(name);
    if (!f) throw usage_error("process_pool: the worker has no function " + std::string(name));
    return f->call_(arguments);
  } catch (const std::exception& e) {
    return detail::pack_error(current_exception_type(), e.what());
  } catch (...) {
    return detail::pack_error(current_exception_type(), {});
  }
}

namespace detail {

packed pack_error(std::string_view type, std::string_view message) {
  packed bytes;
  append_to stream{bytes};
  msgpack::packer<append_to> packer(stream);
  packer.pack_array(3).pack_false();
  packer.pack(type).pack(message);
  return bytes;
}

bool looks_like_reply(std::string_view bytes) noexcept {
  // fixarray of 2 and true, or of 3 and false
  return bytes.size() > 2 && (bytes.starts_with("\x92\xc3") || bytes.starts_with("\x93\xc2"));
}

unpacked_array::unpacked_array(std::string_view bytes, std::size_t size) {
  // Nesting costs the parser memory, and the walk over the result stack.
  constexpr std::size_t depth = 512;
  msgpack::unpack_limit limit(bytes.size(), bytes.size(), bytes.size(), bytes.size(), bytes.size(),
                              depth);
  // Strings are copied once, into the values: what was parsed refers to the bytes.
  auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  std::size_t end = 0;
  try {
    handle_ = msgpack::unpack(bytes.data(), bytes.size(), end, refer, nullptr, limit);
  } catch (const msgpack::unpack_error& e) {
    throw unpack_error(std::string("unpack: not MessagePack (") + e.what() + ")");
  }
  if (end != bytes.size())
    throw unpack_error("unpack: " + std::to_string(bytes.size() - end) + " bytes after the end");
  if (handle_.get().type != msgpack::type::ARRAY) throw unpack_error("unpack: not an array");
  if (size != any_size && elements().size() != size)
    throw unpack_error("unpack: " + std::to_string(elements().size()) + " elements in place of " +
                       std::to_string(size));
}

void unpacked_array::throw_wrong_type(std::size_t i) const {
  throw unpack_error("unpack: element " + std::to_string(i) + " is not of the type it is to have");
}

unpacked_reply::unpacked_reply(std::string_view bytes) : array_(bytes, unpacked_array::any_size) {
  std::size_t size = array_.elements().size();
  if (size == 2 && array_.get<bool>(0)) return;
  if (size == 3 && !array_.get<bool>(0))
    raise_remote(array_.get<std::string>(1), array_.get<std::string>(2));
  throw unpack_error("unpack: not a reply");
}

}  // namespace detail

}}  // namespace rondo::v0
