// A second opinion on exports, and on proofs of single events, by an implementation that is not ours: golang.org/x/mod/sumdb checks
// signatures, tiles and paths, and Go's standard library the events. It knows what docs/audit-trail.md describes, and nothing of our code.
//
// Usage: second-opinion (FOLDER | FILE.tlog-proof) VERIFIER_KEY...
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Proofs of single entries that are made and checked of each log, evenly spread.
const mostProofs = 500

func main() {
	folder, verifiers := os.Args[1], []note.Verifier{}
	for _, key := range os.Args[2:] {
		verifier, err := note.NewVerifier(key)
		must(err, key)
		verifiers = append(verifiers, verifier)
	}
	known := note.VerifierList(verifiers...)
	if strings.HasSuffix(folder, ".tlog-proof") {
		checkProof(folder, known)
		return
	}
	hours, err := filepath.Glob(filepath.Join(folder, "log/date=*/hour=*/checkpoint"))
	must(err, folder)
	sort.Strings(hours)

	var entries [][]byte
	var last tlog.Tree
	for _, path := range hours {
		entries = append(entries, entriesOf(folder, filepath.Dir(path))...)
		tree := checkpoint(path, known)
		if tree.N != int64(len(entries)) {
			fail(path, fmt.Errorf("%d entries, and the checkpoint says %d", len(entries), tree.N))
		}
		reader := tlog.TileHashReader(tree, tiles{folder})
		root, err := tlog.TreeHash(tree.N, reader)
		must(err, path)
		if root != tree.Hash {
			fail(path, fmt.Errorf("the tiles give another root"))
		}
		if last.N > 0 {
			proof, err := tlog.ProveTree(tree.N, last.N, reader)
			must(err, path)
			must(tlog.CheckTree(proof, tree.N, tree.Hash, last.N, last.Hash), path)
		}
		last = tree
	}
	proofs := checkEntries(folder, last, entries)
	newest := checkpoint(filepath.Join(folder, "log/checkpoint"), known)
	if newest != last {
		fail(folder, fmt.Errorf("log/checkpoint is not the one of the last hour"))
	}
	fmt.Printf("%d hours, %d entries, %d proofs: as golang.org/x/mod/sumdb says\n", len(hours), len(entries), proofs)
}

// The entries of an hour: the hash of each event, which is recomputed, and then the manifest.
func entriesOf(folder, log string) [][]byte {
	hour, err := filepath.Rel(filepath.Join(folder, "log"), log)
	must(err, log)
	path := filepath.Join(folder, "events", hour, "events.ndjson.gz")
	file, err := os.Open(path)
	must(err, path)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	must(err, path)
	var entries [][]byte
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Bytes()
		hash, previous := unhex(line[9:73]), unhex(line[91:155])
		sum := sha256.Sum256(append(previous, line[166:len(line)-1]...))
		if !bytes.Equal(sum[:], hash) {
			fail(path, fmt.Errorf("an event is not the one that was hashed: %s", line))
		}
		entries = append(entries, hash)
	}
	must(lines.Err(), path)
	manifest, err := os.ReadFile(filepath.Join(log, "manifest.json"))
	must(err, log)
	return append(entries, manifest)
}

// What a checkpoint says, signed by one of the keys.
func checkpoint(path string, known note.Verifiers) tlog.Tree {
	bytes, err := os.ReadFile(path)
	must(err, path)
	return signedTree(path, bytes, known)
}

func signedTree(path string, bytes []byte, known note.Verifiers) tlog.Tree {
	signed, err := note.Open(bytes, known)
	must(err, path)
	if len(signed.Sigs) != 1 || len(signed.UnverifiedSigs) != 0 {
		fail(path, fmt.Errorf("other signatures than one"))
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != signed.Sigs[0].Name || lines[3] != "" {
		fail(path, fmt.Errorf("no checkpoint of the key's log"))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, path)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, path)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// That entries are in the tree, each at its place.
func checkEntries(folder string, tree tlog.Tree, entries [][]byte) int {
	reader := tlog.TileHashReader(tree, tiles{folder})
	indexes := make([]int64, len(entries))
	for place := range entries {
		indexes[place] = tlog.StoredHashIndex(0, int64(place))
	}
	hashes, err := reader.ReadHashes(indexes)
	must(err, folder)
	proofs := 0
	for place, entry := range entries {
		if hashes[place] != tlog.RecordHash(entry) {
			fail(folder, fmt.Errorf("entry %d is another one in the tiles", place))
		}
		if place%(len(entries)/mostProofs+1) != 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, int64(place), reader)
		must(err, folder)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(place), tlog.RecordHash(entry)), folder)
		proofs++
	}
	return proofs
}

// The proof of one event (C2SP tlog-proof, behind the event's line and its texts).
func checkProof(path string, known note.Verifiers) {
	file, err := os.ReadFile(path)
	must(err, path)
	event, proof, isThere := strings.Cut(string(file), "\n\n")
	entry, checkpoint, isWhole := strings.Cut(proof, "\n\n")
	if !isThere || !isWhole {
		fail(path, fmt.Errorf("no proof of an event"))
	}
	line, _, _ := strings.Cut(event, "\n")
	hash, previous := unhex([]byte(line[9:73])), unhex([]byte(line[91:155]))
	sum := sha256.Sum256(append(previous, line[166:len(line)-1]...))
	if !bytes.Equal(sum[:], hash) {
		fail(path, fmt.Errorf("the event is not the one that was hashed"))
	}
	lines := strings.Split(entry, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) == 1 {
		fail(path, fmt.Errorf("no tlog-proof"))
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err, path)
	var beside tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		must(err, path)
		beside = append(beside, hash)
	}
	tree := signedTree(path, []byte(checkpoint), known)
	must(tlog.CheckRecord(beside, tree.N, tree.Hash, index, tlog.RecordHash(hash)), path)
	fmt.Printf("entry %d of %d is proven, as golang.org/x/mod/sumdb says\n", index, tree.N)
}

// The tiles in a folder (C2SP tlog-tiles: of height 8, which is not said in their paths).
type tiles struct{ folder string }

func (tiles) Height() int { return 8 }

func (of tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		bytes, err := os.ReadFile(filepath.Join(of.folder, "log", strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func unhex(digits []byte) []byte {
	bytes, err := hex.DecodeString(string(digits))
	must(err, string(digits))
	return bytes
}

func must(err error, what string) {
	if err != nil {
		fail(what, err)
	}
}

func fail(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	os.Exit(1)
}
