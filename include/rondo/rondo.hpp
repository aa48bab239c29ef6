// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Everything of Rondo that needs no file or socket. I/O: <rondo/io.hpp>.
#pragma once

#include <rondo/compose/cancel_scope.hpp>
#include <rondo/compose/finally.hpp>
#include <rondo/compose/gather.hpp>
#include <rondo/compose/move_on_after.hpp>
#include <rondo/compose/outcomes.hpp>
#include <rondo/compose/race.hpp>
#include <rondo/compose/shield.hpp>
#include <rondo/compose/task_group.hpp>
#include <rondo/compose/wait.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/async_backtrace.hpp>
#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/context_var.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/current_task.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/coro/on_cancel.hpp>
#include <rondo/coro/outcome.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/exec/run_coroutine_threadsafe.hpp>
#include <rondo/exec/run_workers.hpp>
#include <rondo/exec/thread_pool.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/loop/backend_kind.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/run.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/sync/barrier.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/condition.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/future.hpp>
#include <rondo/sync/lock.hpp>
#include <rondo/sync/queue.hpp>
#include <rondo/sync/semaphore.hpp>
