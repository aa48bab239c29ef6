// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/in_process.hpp>

#include <vector>

#include <rondo/coro/create_task.hpp>
#include <rondo/coro/diagnostic.hpp>

#include "http/server/http1_connection.hpp"
#include "http/server/server_state.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

namespace {

task<> serve_in_process(state_ref state, stream client) {
  co_await serve_connection(*state, std::move(client));
}

}  // namespace

class in_process_server {
 public:
  in_process_server(handler h, const server_options& options)
      : state_(new server_state(std::move(h), options)) {}
  in_process_server(const in_process_server&) = delete;
  in_process_server& operator=(const in_process_server&) = delete;
  ~in_process_server() {
    state_->abandoned = true;
    if (std::size_t running = state_->running; running > 0)
      rondo::detail::report_made([&] {
        return diagnostic{problem::destroyed_in_use,
                          "in_process was destroyed while " + std::to_string(running) +
                              (running == 1 ? " request runs" : " requests run") +
                              ": end what asks it first"};
      });
    for (task_handle<>& c : connections_) c.cancel();
  }

  void serve(stream client) {
    if (rondo::detail::this_thread_scheduler_id != loop_)
      throw usage_error(
          "http::in_process: it belongs to another loop; make it in the run that uses it");
    std::erase_if(connections_, [](const task_handle<>& c) { return c.done(); });
    connections_.reserve(connections_.size() + 1);
    connections_.push_back(
        create_task(serve_in_process(state_, std::move(client)), "in-process connection"));
  }

 private:
  // Not its address, where the next loop may be.
  rondo::detail::scheduler_id loop_ = rondo::detail::this_thread_scheduler_id;
  state_ref state_;
  std::vector<task_handle<>> connections_;
};

}  // namespace detail

in_process::in_process(detail::handler h, server_options options, int)
    : server_(std::make_shared<detail::in_process_server>(std::move(h), options)) {}

void in_process::operator()(stream client) const {
  if (!server_) throw usage_error("http::in_process: it was moved away");
  server_->serve(std::move(client));
}

}}}  // namespace rondo::v0::http
