# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Signals reach the event loop: one reloads, one ends the program.
import asyncio
import os
import signal


async def main():
    stop = asyncio.Event()

    def reload():
        print("SIGUSR1: reloading")

    def terminate():
        print("SIGTERM: stopping")
        stop.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, reload)
    loop.add_signal_handler(signal.SIGTERM, terminate)
    for number in [signal.SIGUSR1, signal.SIGUSR1, signal.SIGTERM]:
        await asyncio.sleep(0.1)
        os.kill(os.getpid(), number)
    await stop.wait()
    print("cleaning up")


asyncio.run(main())
