// Sends what a disk holds, six times over, to an EBS, as `ebs` of transfer-worker.ts does: 64 requests at a time, each
// block with its SHA-256. Nothing is signed. Prints one line of JSON.
// usage: go-client <disk> <url>
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	blockBytes = 512 * 1024
	requests   = 64
	times      = 6
	seekData   = 3
	seekHole   = 4
)

func main() {
	held := resident(os.Args[1])
	blocks := len(held) / blockBytes
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: requests}}
	before := processorSeconds()
	began := time.Now()
	queue := make(chan int)
	var workers sync.WaitGroup
	for worker := 0; worker < requests; worker++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for index := range queue {
				from := index % blocks * blockBytes
				put(client, os.Args[2], index, held[from:from+blockBytes])
			}
		}()
	}
	for index := 0; index < times*blocks; index++ {
		queue <- index
	}
	close(queue)
	workers.Wait()
	json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"seconds":          time.Since(began).Seconds(),
		"processorSeconds": processorSeconds() - before,
		"sentBytes":        float64(times * blocks * blockBytes),
	})
}

// What the disk holds, without its holes, in whole blocks.
func resident(path string) []byte {
	file, err := os.Open(path)
	check(err)
	var held bytes.Buffer
	for end := int64(0); ; {
		begin, err := file.Seek(end, seekData)
		if err != nil {
			break
		}
		end, err = file.Seek(begin, seekHole)
		check(err)
		_, err = io.Copy(&held, io.NewSectionReader(file, begin, end-begin))
		check(err)
	}
	return held.Bytes()[:held.Len()/blockBytes*blockBytes]
}

func put(client *http.Client, url string, index int, block []byte) {
	request, err := http.NewRequest("PUT", fmt.Sprintf("%s/snapshots/snap-1/blocks/%d", url, index), bytes.NewReader(block))
	check(err)
	digest := sha256.Sum256(block)
	request.Header.Set("Content-Type", "application/octet-stream")
	request.Header.Set("X-Amz-Data-Length", fmt.Sprint(len(block)))
	request.Header.Set("X-Amz-Checksum", base64.StdEncoding.EncodeToString(digest[:]))
	request.Header.Set("X-Amz-Checksum-Algorithm", "SHA256")
	answer, err := client.Do(request)
	check(err)
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		check(fmt.Errorf("block %d: %s", index, answer.Status))
	}
}

func processorSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
