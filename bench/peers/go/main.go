// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors

// The Go peer, standard library only: go_peer WORKLOAD ARGS…
//
// The contract is one thread, so GOMAXPROCS is 1 unless the environment says
// otherwise.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func result(name string, value float64, unit string, more ...string) {
	fmt.Println(strings.Join(append([]string{"RESULT", name, strconv.FormatFloat(value, 'f', 3, 64), unit}, more...), " "))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func per(took time.Duration, n int) float64 { return float64(took.Nanoseconds()) / float64(n) }

func cpu() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	check(err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	check(err)
	return float64(pages * os.Getpagesize())
}

func switches(n int) {
	var all sync.WaitGroup
	began := time.Now()
	for i := 0; i < 2; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < n; j++ {
				runtime.Gosched()
			}
		}()
	}
	all.Wait()
	result("switch", per(time.Since(began), 2*n), "ns/switch")
}

func spawn(n int) {
	began := time.Now()
	for first := 0; first < n; first += 1000 {
		var all sync.WaitGroup
		for i := first; i < n && i < first+1000; i++ {
			all.Add(1)
			go func() { all.Done() }()
		}
		all.Wait()
	}
	result("spawn", per(time.Since(began), n), "ns/task")
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		timer.Stop()
		return ctx.Err()
	}
}

func sleepers(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	var started, all sync.WaitGroup
	runtime.GC()
	before := resident()
	began := time.Now()
	started.Add(n)
	all.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			defer all.Done()
			started.Done()
			if sleep(ctx, 100*time.Second) == nil {
				panic("a sleeper was not cancelled")
			}
		}()
	}
	started.Wait()
	runtime.Gosched() // the last of them reaches its select
	took := time.Since(began)
	result("sleepers", (resident()-before)/float64(n), "B/task")
	result("sleepers_start", per(took, n), "ns/task")
	began = time.Now()
	cancel()
	all.Wait()
	result("cancel", per(time.Since(began), n), "ns/task")
}

func timers(n int) {
	random := rand.New(rand.NewSource(1))
	var all sync.WaitGroup
	began := cpu()
	for i := 0; i < n; i++ {
		d := time.Duration(random.Int63n(int64(time.Second)))
		all.Add(1)
		go func() {
			time.Sleep(d)
			all.Done()
		}()
	}
	all.Wait()
	result("timers", per(cpu()-began, n), "cpu-ns/timer")
}

func timeout(n int) {
	began := time.Now()
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		check(sleep(ctx, 0))
		cancel()
	}
	result("timeout", per(time.Since(began), n), "ns/timeout-scope")
}

func queue(n int) {
	items := make(chan int, 128)
	began := time.Now()
	go func() {
		for i := 0; i < n; i++ {
			items <- i
		}
		close(items)
	}()
	total := 0
	for i := range items {
		total += i
	}
	took := time.Since(began)
	if total != n*(n-1)/2 {
		panic("items were lost")
	}
	result("queue", per(took, n), "ns/item")
}

func udp(n int) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(err)
	client, err := net.DialUDP("udp4", nil, server.LocalAddr().(*net.UDPAddr))
	check(err)
	go func() {
		buffer := make([]byte, 2048)
		for i := 0; i < n; i++ {
			length, sender, err := server.ReadFromUDPAddrPort(buffer)
			check(err)
			_, err = server.WriteToUDPAddrPort(buffer[:length], sender)
			check(err)
		}
	}()
	question, reply := make([]byte, 64), make([]byte, 2048)
	began := time.Now()
	for i := 0; i < n; i++ {
		binary.LittleEndian.PutUint64(question, uint64(i))
		_, err := client.Write(question)
		check(err)
		length, err := client.Read(reply)
		check(err)
		if !bytes.Equal(reply[:length], question) {
			panic("a wrong answer")
		}
	}
	result("udp", per(time.Since(began), n), "ns/roundtrip")
}

func subprocess(n int) {
	var all sync.WaitGroup
	work := make(chan struct{}, n)
	for i := 0; i < n; i++ {
		work <- struct{}{}
	}
	close(work)
	began := time.Now()
	for i := 0; i < 16; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for range work {
				check(exec.Command("/bin/true").Run())
			}
		}()
	}
	all.Wait()
	result("subprocess", per(time.Since(began), n)/1e3, "us/process")
}

func listen(port string) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	check(err)
	fmt.Println("READY")
	return listener
}

func echo(port string) {
	listener := listen(port)
	for {
		conn, err := listener.Accept()
		check(err)
		go func() {
			defer conn.Close()
			buffer := make([]byte, 16384)
			for {
				n, err := conn.Read(buffer)
				if n > 0 {
					if _, err := conn.Write(buffer[:n]); err != nil {
						return
					}
				}
				if err != nil {
					return
				}
			}
		}()
	}
}

func serve(port string) {
	hello := []byte("Hello, World!")
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write(hello)
	})
	check(http.Serve(listen(port), mux))
}

func download(port string, n, conc int, path string) {
	url := "http://127.0.0.1:" + port + "/" + strings.TrimPrefix(path, "/")
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConns: conc, MaxIdleConnsPerHost: conc, MaxConnsPerHost: conc, DisableCompression: true}}
	work := make(chan struct{}, n)
	for i := 0; i < n; i++ {
		work <- struct{}{}
	}
	close(work)
	var all sync.WaitGroup
	totals := make([]int, conc)
	spent, began := cpu(), time.Now()
	for i := 0; i < conc; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for range work {
				response, err := client.Get(url)
				check(err)
				body, err := io.ReadAll(response.Body)
				check(err)
				response.Body.Close()
				if response.StatusCode != 200 {
					check(fmt.Errorf("status %d", response.StatusCode))
				}
				totals[i] += len(body)
			}
		}()
	}
	all.Wait()
	took := time.Since(began)
	spent = cpu() - spent
	total := 0
	for _, t := range totals {
		total += t
	}
	bytes := "bytes=" + strconv.Itoa(total)
	result("download", per(took, n)/1e3, "us/get", bytes)
	result("download_cpu", per(spent, n)/1e3, "us/get", bytes)
}

func files(dir string, n int) {
	entries, err := os.ReadDir(dir) // sorted by name
	check(err)
	var paths []string
	for _, e := range entries {
		if e.Type().IsRegular() && len(paths) < n {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	// A goroutine that reads a file holds a thread meanwhile: bound them.
	limit := make(chan struct{}, 64)
	var all sync.WaitGroup
	contents := make([][]byte, len(paths))
	spent, began := cpu(), time.Now()
	for i, path := range paths {
		all.Add(1)
		limit <- struct{}{}
		go func() {
			defer all.Done()
			text, err := os.ReadFile(path)
			check(err)
			contents[i] = text
			<-limit
		}()
	}
	all.Wait()
	took := time.Since(began)
	spent = cpu() - spent
	total := 0
	for _, c := range contents {
		total += len(c)
	}
	count := len(paths)
	if count == 0 {
		count = 1
	}
	bytes := "bytes=" + strconv.Itoa(total)
	result("files", per(took, count)/1e3, "us/file", bytes)
	result("files_cpu", per(spent, count)/1e3, "us/file", bytes)
}

func main() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	args := os.Args[1:]
	number := func(i int) int {
		n, err := strconv.Atoi(args[i])
		check(err)
		return n
	}
	if len(args) == 1 && args[0] == "version" {
		fmt.Println("VERSION", "Go", strings.TrimPrefix(runtime.Version(), "go"))
		return
	}
	single := map[string]func(int){"switch": switches, "spawn": spawn, "sleepers": sleepers, "timers": timers,
		"timeout": timeout, "queue": queue, "udp": udp, "subprocess": subprocess}
	switch {
	case len(args) == 2 && single[args[0]] != nil:
		single[args[0]](number(1))
	case len(args) == 2 && args[0] == "echo":
		echo(args[1])
	case len(args) == 2 && args[0] == "http":
		serve(args[1])
	case len(args) == 5 && args[0] == "download":
		download(args[1], number(2), number(3), args[4])
	case len(args) == 3 && args[0] == "files":
		files(args[1], number(2))
	default:
		os.Exit(64)
	}
}
