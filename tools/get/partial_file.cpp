// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/partial_file.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include <rondo/compose/shield.hpp>

#include "detail/errno_error.hpp"
#include "get/sha256.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using nlohmann::json;

constexpr std::uint64_t checkpoint_distance = 128u << 20;
constexpr std::size_t largest_description = 64 * 1024;

[[noreturn]] void fail(const char* operation, const std::string& path, int error) {
  throw rondo::detail::errno_error(error, std::string(operation) + " " + path);
}

/// Differs after each start of the machine; empty where it is not known.
const std::string& boot() {
  static const std::string id = [] {
    std::string text;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
    return text;
  }();
  return id;
}

std::string text_of(const json& j, const char* key) {
  auto found = j.find(key);
  return found != j.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_of(const json& j, const char* key) {
  auto found = j.find(key);
  if (found == j.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

json json_of(const range_set& ranges) {
  json list = json::array();
  for (const byte_range& r : ranges.ranges()) list.push_back({r.first, r.end});
  return list;
}

/// What of them lies in the first so many bytes of the file.
range_set ranges_of(const json& j, const char* key, std::uint64_t size) {
  range_set ranges;
  auto found = j.find(key);
  if (found == j.end() || !found->is_array()) return ranges;
  for (const json& r : *found) {
    bool well_formed =
        r.is_array() && r.size() == 2 && r[0].is_number_unsigned() && r[1].is_number_unsigned();
    if (!well_formed) continue;
    ranges.add(byte_range{r[0].get<std::uint64_t>(), std::min(size, r[1].get<std::uint64_t>())});
  }
  return ranges;
}

/// A small file's text, empty when it cannot be had.
rondo::task<std::string> text_if_any(std::string path) {
  std::string text;
  try {
    text = co_await rondo::read_text(std::move(path), largest_description);
  } catch (const std::system_error&) {  // then there is nothing to go on with
  }
  co_return text;
}

rondo::task<> remove_if_there(std::string path) {
  try {
    co_await rondo::remove_file(std::move(path));
  } catch (const std::system_error& e) {
    if (e.code().value() != ENOENT) throw;
  }
}

}  // namespace

bool partial_file::reserves(std::string_view name) {
  return name.ends_with(".part") || name.ends_with(".part.json") || name.ends_with(".part.new");
}

partial_file::partial_file(std::string directory, std::string name, std::string_view url)
    : directory_(std::move(directory)),
      final_(directory_ == "." ? std::move(name) : directory_ + "/" + name),
      part_(final_ + ".part"),
      description_(part_ + ".json"),
      new_description_(part_ + ".new"),
      source_(sha256_of(without_credentials(url))) {}

partial_file::~partial_file() {
  if (!locked_ || finished_ || resumable()) return;
  ::unlink(description_.c_str());
  ::unlink(new_description_.c_str());
  ::unlink(part_.c_str());
}

rondo::task<> partial_file::open() {
  struct stat info{};
  if (::stat(final_.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) fail("write", final_, EISDIR);
  file_ = co_await rondo::open_file(part_, rondo::file_mode::read_write_create);
  lock();
  co_await load_description();
}

/// One process at a time; and the file that it has locked must be the one that
/// has the name, for the other process may just have finished it.
void partial_file::lock() {
  if (::flock(file_.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) throw rondo::error(part_ + ": another process is writing it");
    fail("lock", part_, errno);
  }
  struct stat open_file{}, named{};
  bool same = ::fstat(file_.fd(), &open_file) == 0 && ::stat(part_.c_str(), &named) == 0 &&
              open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
  if (!same) throw rondo::error(part_ + ": another process is writing it");
  locked_ = true;
}

rondo::task<> partial_file::load_description() {
  std::uint64_t size = file_.size();
  if (size == 0) co_return;
  json j = json::parse(co_await text_if_any(description_), nullptr, false);
  if (!j.is_object() || text_of(j, "source") != source_) co_return;
  version_ = {text_of(j, "validator"), number_of(j, "total")};
  if (version_.validator.empty()) co_return;
  bool same_boot = !boot().empty() && text_of(j, "boot") == boot();
  in_pieces_ = j.contains("ranges");
  if (in_pieces_) {
    if (!version_.total) co_return;
    durable_ = ranges_of(j, "durable", std::min(size, *version_.total));
    have_ = same_boot ? ranges_of(j, "ranges", std::min(size, *version_.total)) : durable_;
  } else {
    std::uint64_t durable = std::min(size, number_of(j, "durable").value_or(0));
    std::uint64_t sure = same_boot ? size : durable;
    if (sure > version_.total.value_or(UINT64_MAX)) co_return;
    have_.add(byte_range{0, sure});
    durable_.add(byte_range{0, durable});
  }
  // A part that has every byte loses one, so that there is something to ask for:
  // the answer tells whether the remote file is still the same.
  if (have_.prefix() > 0 && have_.prefix() == version_.total) {
    have_.remove(byte_range{*version_.total - 1, *version_.total});
    durable_.remove(byte_range{*version_.total - 1, *version_.total});
  }
  resumable_ = true;  // from here on a cancellation keeps the part
  if (!in_pieces_ && have_.prefix() < size) co_await file_.truncate(have_.prefix());
}

/// Replaces the old description at once: whoever is killed meanwhile leaves one of them,
/// and cancelling leaves nothing half done.
rondo::task<> partial_file::save_description() { co_await rondo::shield(write_description()); }

rondo::task<> partial_file::write_description() {
  json j = {{"source", source_}, {"validator", version_.validator}, {"boot", boot()}};
  std::uint64_t described = received();
  if (version_.total) j["total"] = *version_.total;
  if (in_pieces_) {
    j["ranges"] = json_of(have_);
    j["durable"] = json_of(durable_);
  } else {
    j["durable"] = durable_.prefix();
  }
  std::string text = j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  try {
    rondo::file f = co_await rondo::open_file(new_description_, rondo::file_mode::write);
    co_await f.write(text);
    co_await f.close();
    co_await rondo::rename_file(new_description_, description_);
  } catch (const std::system_error&) {
    ::unlink(new_description_.c_str());
    throw;
  }
  described_ = described;
}

rondo::task<> partial_file::adopt(remote_version v) {
  version_ = std::move(v);
  co_await save_description();
  co_await rondo::rename_file(final_, part_);
}

rondo::task<> partial_file::restart(remote_version v) {
  resumable_ = false;
  version_ = std::move(v);
  have_.clear();
  durable_.clear();
  in_pieces_ = false;
  // The old description goes before the bytes that it does not describe come.
  co_await remove_if_there(description_);
  if (file_.size() > 0) co_await file_.truncate(0);
  if (version_.validator.empty()) co_return;
  co_await save_description();
  resumable_ = true;
}

rondo::task<> partial_file::append(std::string_view data) {
  std::uint64_t at = size();
  co_await file_.pwrite(data, at);
  have_.add(byte_range{at, at + data.size()});
  if (!resumable_ || size() - durable_.prefix() < checkpoint_distance) co_return;
  co_await file_.sync();
  durable_ = have_;
  co_await save_description();
}

rondo::task<> partial_file::begin_pieces() {
  if (file_.size() > *version_.total) co_await file_.truncate(*version_.total);
  // Before the first piece: from then on the file's size does not say what is there.
  in_pieces_ = true;
  co_await save_description();
}

rondo::task<rondo::file> partial_file::open_again() {
  rondo::file f = co_await rondo::open_file(part_, rondo::file_mode::read_write);
  co_return f;
}

rondo::task<> partial_file::write_at(rondo::file& f, std::string_view data, std::uint64_t offset) {
  co_await f.pwrite(data, offset);
  have_.add(byte_range{offset, offset + data.size()});
}

rondo::task<> partial_file::save_pieces() {
  if (received() == described_) co_return;
  if (received() - durable_.bytes() >= checkpoint_distance) {
    range_set before = have_;
    co_await file_.sync();
    durable_ = before;
  }
  co_await save_description();
}

rondo::task<> partial_file::finish() {
  try {
    co_await file_.sync();
  } catch (const std::system_error&) {
    discard();  // nobody knows what of it reached the disk
    throw;
  }
  // Renamed before it is closed: closing gives up the lock.
  co_await rondo::rename_file(part_, final_);
  finished_ = true;
  co_await file_.close();
  co_await rondo::sync_directory(directory_);
  co_await remove_if_there(description_);
  co_await remove_if_there(new_description_);
}

}  // namespace tool
