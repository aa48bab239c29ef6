// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/detail/verbs.hpp>
#include <rondo/sqlite/backup.hpp>
#include "sqlite/settings.hpp"
#include "sqlite/statement_cache.hpp"
#include "sqlite/stored_rows.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

class lease;

struct blob_place {
  std::string table;
  std::string column;
  std::int64_t row;
  bool write;
};

/// The thread of a connection, which knows who waits for what that does.
class interruption {
 public:
  /// Nobody wants it any more.
  virtual bool stopped() const noexcept = 0;
  /// A statement begins, which took little time when it last ran, or not. Who waits for one
  /// before may be told behind it if it is quick.
  virtual void begins(std::chrono::steady_clock::time_point now, bool quick) noexcept = 0;
  /// Whether `begins` is of use.
  virtual bool tells_late() const noexcept = 0;
  /// What runs is not quick after all.
  virtual void takes_time() noexcept = 0;
  /// Waits so long, less when it is stopped meanwhile; false then.
  virtual bool pause(std::chrono::milliseconds time) noexcept = 0;

 protected:
  ~interruption() = default;
};

/// One connection to a database, on the one thread that uses it (SQLITE_OPEN_NOMUTEX).
///
/// It is told to stop not by sqlite3_interrupt, whose effect falls on whatever runs when it
/// comes and lasts while any statement is open, but asks from time to time whether who runs
/// now is wanted still (sqlite3_progress_handler). So no other statement can ever be hit.
class connection {
 public:
  enum class role : unsigned char { writer, reader };

  connection(std::shared_ptr<settings> s, role r, interruption& i);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// Opens it if it is not open, and gives it the functions that came since; those that replace
  /// one, when no rows and blobs are open. Throws.
  void prepare_to_work();
  void close() noexcept;
  std::int64_t last_insert_rowid() const noexcept;
  bool is_reader() const noexcept { return role_ == role::reader; }
  const std::string& path() const noexcept { return settings_->path; }

  /// Runs a statement to its end, putting its rows into `into`; null: they are not kept.
  /// Gives the rows that it has changed, or of a select how many there were.
  std::uint64_t run(std::string_view sql, const db::detail::parameters& values, stored_rows* into);
  /// The same, if it changes nothing and is known here; else nothing: another one may.
  std::optional<std::uint64_t> run_if_it_only_reads(std::string_view sql,
                                                    const db::detail::parameters& values,
                                                    stored_rows* into);
  std::uint64_t run_many(std::string_view sql, db::detail::row_feed& rows);
  /// Several statements.
  void run_script(std::string_view sql);

  /// A statement that gives its rows little by little: its number. It ends at the latest with
  /// the transaction or lease that it is part of.
  std::uint64_t open_cursor(std::string_view sql, db::detail::parameters values);
  /// Adds rows until there are about so many bytes; false: those were the last, and the cursor
  /// is closed.
  bool fetch(std::uint64_t number, stored_rows& into, std::size_t bytes);
  void close_cursor(std::uint64_t number) noexcept;

  /// A copy of the database that another file gets, of which there can be one at a time.
  void begin_backup(const std::string& to);
  /// Copies some pages; false: those were the last.
  bool go_on_with_backup(int pages, backup_progress& so_far);

  std::uint64_t open_blob(const blob_place& place);
  /// Bytes.
  std::size_t size_of_blob(std::uint64_t number);
  void read_blob(std::uint64_t number, std::size_t offset, std::span<std::byte> into);
  void write_blob(std::uint64_t number, std::size_t offset, std::span<const std::byte> data);
  void close_blob(std::uint64_t number) noexcept;

  enum class begin_as : unsigned char { deferred, immediate, snapshot };
  void begin(begin_as how);
  void commit();
  /// Does nothing when there is no transaction any more.
  void rollback() noexcept;
  bool in_transaction() const noexcept { return in_transaction_; }
  /// Nested ones, by their depth, from 1 on.
  void set_savepoint(int depth);
  void release_savepoint(int depth);
  void roll_back_to(int depth) noexcept;

  /// Who alone uses the connection; null: everybody.
  lease* leased_to = nullptr;
  /// Ends a lease with all that is open in it.
  void end_lease() noexcept;

  /// Throws what an interrupted statement would.
  void check_not_stopped(std::string_view sql) const;
  /// Throws the error of a call of SQLite's.
  [[noreturn]] void fail(int code, std::string_view subject);

 private:
  class use;
  class must_end;

  void open();
  void configure();
  std::string ask(const char* sql);
  void register_functions();
  bool register_function(std::size_t n);
  void forget_functions() noexcept;
  bool something_is_open() const noexcept { return !cursors_.empty() || !blobs_.empty(); }
  void check_transaction(std::string_view sql);
  /// With no statement in use: it may close the connection.
  void check_no_transaction_left(std::string_view sql);
  /// Also when the connection had to be closed, because memory ran out.
  bool outside_of_transactions() const noexcept;
  void run_own(const char* sql);
  statement* acquire(std::string_view sql);
  void bind(const statement& s, const db::detail::parameters& values, std::string_view sql);
  bool step(statement& s, std::string_view sql);
  /// sqlite3_step, which waits for other connections also where SQLite does not.
  int step_patiently(sqlite3_stmt* s) noexcept;
  bool has_only_read() const noexcept;
  bool may_wait_for_others() const noexcept;
  /// False: that was long enough, or nobody wants it any more. count: how often it has waited.
  bool wait_for_others(int count) noexcept;
  struct cursor;
  struct blob;
  struct backup;
  cursor* find_cursor(std::uint64_t number) noexcept;
  blob& find_blob(std::uint64_t number);
  /// Those of a transaction or lease that ends.
  void close_what_is_open() noexcept;
  class timed;
  std::uint64_t run_prepared(statement& s, std::string_view sql,
                             const db::detail::parameters& values, stored_rows* into);
  void over() noexcept;
  static int busy(void* self, int count) noexcept;
  static int progress(void* self) noexcept;

  const std::shared_ptr<settings> settings_;
  const role role_;
  interruption& interruption_;
  sqlite3* db_ = nullptr;
  statement_cache cache_;
  std::vector<std::unique_ptr<cursor>> cursors_;
  std::vector<std::unique_ptr<blob>> blobs_;
  std::unique_ptr<backup> backup_;
  std::uint64_t last_number_ = 0;
  std::size_t functions_known_ = 0;
  std::vector<std::size_t> functions_put_off_;  // of these, until no statement is open
  std::chrono::steady_clock::time_point busy_since_;
  bool sqlite_has_waited_ = false;  // in this step: its busy handler was called
  bool waited_in_vain_ = false;     // all of busy_timeout
  bool in_transaction_ = false;
  bool query_only_ = false;  // for a transaction that only reads, on the writer
  bool must_end_ = false;    // a commit or a rollback, which is not stopped
};

}}}}  // namespace rondo::v0::sqlite::detail
