"""Programs: their output, their lines as they come, and how they ended."""
import asyncio
from asyncio.subprocess import PIPE


async def run(cmd):
    proc = await asyncio.create_subprocess_shell(cmd, stdout=PIPE, stderr=PIPE)
    stdout, stderr = await proc.communicate()
    print(f"[{cmd} exited with {proc.returncode}]")
    if stdout:
        print(f"[stdout] {stdout.decode()}", end="")
    if stderr:
        print(f"[stderr] {stderr.decode()}", end="")


async def count():
    proc = await asyncio.create_subprocess_exec("seq", "3", stdout=PIPE)
    async for line in proc.stdout:
        print(f"line {line.decode()}", end="")
    print(f"seq exited with {await proc.wait()}")


async def upper(text):
    proc = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=PIPE, stdout=PIPE)
    stdout, _ = await proc.communicate(text.encode())
    print(stdout.decode())


async def stop():
    proc = await asyncio.create_subprocess_exec("sleep", "100")
    proc.terminate()
    print(f"sleep ended with {await proc.wait()}")


async def main():
    await run("echo hello | rev")
    await run("echo oh >&2; exit 3")
    await count()
    await upper("rondo")
    await stop()


asyncio.run(main())
