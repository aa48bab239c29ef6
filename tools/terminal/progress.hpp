// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/loop/time.hpp>

#include "terminal/output.hpp"

namespace tool {

/// What a program that works on many files shows of it. On a terminal a bar for
/// each file in work and one for all, below the lines that stay; else only the
/// lines. Standard output and standard error go through it, so that a line never
/// lands in a bar.
///
/// Belongs to the loop's thread. Destroying it takes the bars away.
class progress {
 public:
  enum class style { silent, lines, bars };

  /// Bars where standard output is a terminal that can move its cursor.
  static style style_for_stdout();

  progress(style how, std::size_t files);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// A file in work. Set its members as it goes on.
  class entry {
   public:
    entry(progress& shown, std::string name);
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry();

    const std::string name;
    std::string note;  ///< shown in place of the bar, while there is one
    std::uint64_t received = 0;
    std::optional<std::uint64_t> total;

   private:
    friend class progress;
    progress& shown_;
    std::uint64_t received_before_ = 0;
    double rate_ = 0;
  };

  /// A line that stays, on standard output (not when silent).
  void say(std::string_view line);
  /// A line that stays, on standard error.
  void complain(std::string_view line);
  /// One more file is done, well or not.
  void count(std::uint64_t bytes, bool ok) noexcept;

  /// Waits until all is written; see output::finish.
  void finish() { out_.finish(); }

  /// Redraws until it is cancelled.
  rondo::task<> keep_drawing();

 private:
  void measure();
  /// What takes the bars away, and what draws them: to be written.
  std::string erasure();
  std::string frame();
  std::string file_line(const entry& e, std::size_t columns) const;
  std::string total_line(std::size_t columns) const;
  std::string bar_with(double part, std::string_view text, std::string_view shorter,
                       std::size_t columns) const;
  std::string bar(double part, std::size_t columns) const;

  style style_;
  bool colours_ = false;
  std::size_t files_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::uint64_t bytes_done_ = 0;
  std::vector<entry*> entries_;
  std::size_t drawn_lines_ = 0;    // on the screen now
  std::size_t drawn_columns_ = 0;  // of each of them
  rondo::time_point measured_;
  rondo::time_point begun_;
  output out_;
};

}  // namespace tool
