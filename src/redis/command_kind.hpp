// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/redis/command.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

enum class command_kind : std::uint8_t {
  plain,
  blocks,       ///< may wait in the server, and everybody behind it would
  subscribes,   ///< changes what the connection speaks
  has_state,    ///< changes what the connection is for all who share it
  odd_answers,  ///< is not answered once: no connection of a client's may have it
};

/// What to think of a command before it is sent.
command_kind kind_of(const command& c) noexcept;
/// Whether a command of this name only reads, and so may be sent twice.
bool only_reads(std::string_view name) noexcept;
/// Why a client refuses a command, and what it has in place of it: "BLPOP: it would hold up
/// all who share the connection: use client::blpop or client::acquire".
std::string refusal(const command& c, command_kind kind);
/// Throws usage_error where one of them is not plain. what: whose batch it is.
void check_plain(const batch& commands, std::string_view what);

/// The arguments of commands, as they are sent, one after the other.
class argument_walk {
 public:
  explicit argument_walk(std::string_view bytes) noexcept : rest_(bytes) {}
  bool at_end() const noexcept { return rest_.empty(); }
  /// Of a batch: the number of arguments of the command that begins here.
  std::size_t command() noexcept;
  std::string_view argument() noexcept;

 private:
  std::size_t number() noexcept;
  std::string_view rest_;
};

}}}}  // namespace rondo::v0::redis::detail
