# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A rate limiter on Redis: three visits a minute for each, counted by a script in the server,
# however many ask at the same time.
import asyncio
import tempfile

import redis.asyncio as redis

COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n
"""


async def start_server(path):
    server = await asyncio.create_subprocess_exec(
        "redis-server", "--port", "0", "--unixsocket", path, "--save", "",
        stdout=asyncio.subprocess.PIPE)
    while b"ready to accept" not in (await server.stdout.readline()).lower():
        pass
    return server


async def allowed(count, who):
    return await count(keys=["rate:" + who], args=[60]) <= 3


async def main():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/redis.sock"
        server = await start_server(path)
        client = redis.Redis(unix_socket_path=path)
        count = client.register_script(COUNT)
        for who in ["alice", "bob"]:
            answers = await asyncio.gather(*(allowed(count, who) for _ in range(5)))
            print(who, "was let in", sum(answers), "times of", len(answers))
        await client.delete("rate:alice")
        print("alice again:", await allowed(count, "alice"))
        await client.close()
        server.terminate()
        await server.wait()


asyncio.run(main())
