-- SPDX-License-Identifier: Apache-2.0
-- Copyright The Rondo authors
--
-- For wrk: checks status and every byte of every body of the http workload, and
-- prints the contract's RESULT lines. DEPTH in the environment: so many requests at once.
local threads = {}
local depth = tonumber(os.getenv("DEPTH") or "1")

function setup(thread)
  table.insert(threads, thread)
end

function init()
  wrong = 0
  together = wrk.format():rep(depth)
end

if depth > 1 then
  function request()
    return together
  end
end

function response(status, headers, body)
  if status ~= 200 or body ~= "Hello, World!" then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local bad = 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("wrong")
  end
  local e = summary.errors
  print(string.format("CHECK requests=%d wrong=%d errors=%d", summary.requests, bad,
    e.connect + e.read + e.write + e.status + e.timeout))
  print(string.format("RESULT http_wall %.3f us/request requests=%d", summary.duration / summary.requests, summary.requests))
  for _, p in ipairs({50, 99, 99.9}) do
    print(string.format("RESULT http_p%s %.1f us", p, latency:percentile(p)))
  end
end
