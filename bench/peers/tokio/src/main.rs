// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors

//! The Tokio peer: a current_thread runtime with everything enabled, as
//! `#[tokio::main(flavor = "current_thread")]` makes it.
//! `tokio_peer WORKLOAD ARGS…`

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{spawn, yield_now, JoinHandle};
use tokio::time::{sleep, timeout};

/// Counts allocations. One thread allocates, so a plain load and store will do.
struct Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.store(ALLOCATIONS.load(Relaxed) + 1, Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        System.dealloc(at, layout)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn result(name: &str, value: f64, unit: &str) {
    println!("RESULT {name} {value:.3} {unit}");
}

fn per(took: Duration, n: u64) -> f64 {
    took.as_nanos() as f64 / n as f64
}

/// Process CPU in nanoseconds.
fn cpu() -> Duration {
    // All threads of the process; the runtime has this one only.
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("schedstat");
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("statm");
    text.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

async fn switch(n: u64) {
    async fn yielder(n: u64) {
        for _ in 0..n {
            yield_now().await;
        }
    }
    let began = Instant::now();
    let (a, b) = (spawn(yielder(n)), spawn(yielder(n)));
    a.await.unwrap();
    b.await.unwrap();
    result("switch", per(began.elapsed(), 2 * n), "ns/switch");
}

async fn spawn_many(n: u64) {
    let began = Instant::now();
    let mut first = 0;
    while first < n {
        let count = 1000.min(n - first);
        let tasks: Vec<JoinHandle<()>> = (0..count).map(|_| spawn(async {})).collect();
        for task in tasks {
            task.await.unwrap();
        }
        first += count;
    }
    result("spawn", per(began.elapsed(), n), "ns/task");
}

async fn await_child(n: u64) {
    async fn child(value: u64) -> u64 {
        black_box(value)
    }
    let before = ALLOCATIONS.load(Relaxed);
    let began = Instant::now();
    let mut total = 0;
    for i in 0..n {
        total += child(black_box(i)).await;
    }
    let took = began.elapsed();
    let allocations = ALLOCATIONS.load(Relaxed) - before;
    assert_eq!(total, n * (n - 1) / 2);
    println!("RESULT await {:.3} ns/await allocations={allocations}", per(took, n));
}

async fn sleepers(n: u64) {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let mut tasks: Vec<JoinHandle<()>> = Vec::with_capacity(n as usize);
    let before = resident();
    let began = Instant::now();
    for _ in 0..n {
        tasks.push(spawn(async {
            STARTED.fetch_add(1, Relaxed);
            sleep(Duration::from_secs(100)).await;
        }));
    }
    while STARTED.load(Relaxed) < n as usize {
        yield_now().await;
    }
    let took = began.elapsed();
    result("sleepers", (resident() - before) / n as f64, "B/task");
    result("sleepers_start", per(took, n), "ns/task");
    let began = Instant::now();
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        assert!(task.await.unwrap_err().is_cancelled());
    }
    result("cancel", per(began.elapsed(), n), "ns/task");
}

async fn timers(n: u64) {
    let mut seed = 88172645463325252u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        Duration::from_nanos((seed >> 16) % 1_000_000_000)
    };
    let began = cpu();
    let tasks: Vec<JoinHandle<()>> = (0..n).map(|_| spawn(sleep(random()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    result("timers", per(cpu() - began, n), "cpu-ns/timer");
}

async fn timeouts(n: u64) {
    // yield_now, not sleep(0): Tokio's timers are rounded up to a millisecond.
    let began = Instant::now();
    for _ in 0..n {
        timeout(Duration::from_secs(10), yield_now()).await.unwrap();
    }
    result("timeout", per(began.elapsed(), n), "ns/timeout-scope");
}

async fn queue(n: u64) {
    let (items, mut received) = tokio::sync::mpsc::channel(128);
    let began = Instant::now();
    let producer = spawn(async move {
        for i in 0..n {
            items.send(i).await.unwrap();
        }
    });
    let consumer = spawn(async move {
        let mut total = 0;
        while let Some(i) = received.recv().await {
            total += i;
        }
        total
    });
    producer.await.unwrap();
    let total = consumer.await.unwrap();
    let took = began.elapsed();
    assert_eq!(total, n * (n - 1) / 2);
    result("queue", per(took, n), "ns/item");
}

async fn echo(port: u64) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port as u16)).await.expect("bind");
    println!("READY");
    loop {
        let Ok((mut socket, _)) = listener.accept().await else { continue };
        let _ = socket.set_nodelay(true);
        spawn(async move {
            let mut buffer = vec![0u8; 16384];
            while let Ok(n @ 1..) = socket.read(&mut buffer).await {
                if socket.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
        });
    }
}

fn run<F: Future<Output = ()>>(work: F) {
    // One task that drives the rest, spawned work on the runtime's own queue.
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(work);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["version"] {
        println!("VERSION tokio {}", env!("TOKIO_VERSION"));
        return;
    }
    let (Some(workload), Some(Ok(n))) = (arguments.first(), arguments.get(1).map(|a| a.parse::<u64>())) else {
        std::process::exit(64);
    };
    match workload.as_str() {
        "switch" => run(switch(n)),
        "spawn" => run(spawn_many(n)),
        // Inside a task, as everywhere else.
        "await" => run(async move { spawn(await_child(n)).await.unwrap() }),
        "sleepers" => run(sleepers(n)),
        "timers" => run(timers(n)),
        "timeout" => run(async move { spawn(timeouts(n)).await.unwrap() }),
        "queue" => run(queue(n)),
        "echo" => run(echo(n)),
        _ => std::process::exit(64),
    }
}
