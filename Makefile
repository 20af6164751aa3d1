# Everything a user or a developer of reasm does; `make help` lists it.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

# Debian's names of what the build needs besides Swift.
PACKAGES = libpcap-dev libssl-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libbz2-dev libbrotli-dev libnghttp2-dev pkg-config

# How several machines share a run, by scheduler.
CLUSTER = reasm-slurm reasm-spark.py reasm-kubernetes.yaml

# What `make install` puts below PREFIX.
INSTALLED = bin/reasm share/man/man1/reasm.1 share/man/man5/reasm-output.5 share/bash-completion/completions/reasm share/zsh/site-functions/_reasm \
  share/fish/vendor_completions.d/reasm.fish $(addprefix share/reasm/,$(CLUSTER))

RELEASE = .build/release/reasm
SOURCES = Sources Tests Package.swift

# Another one: make demo DEMO=Fixtures/<case>/input.pcap
DEMO ?= Fixtures/http-ipv4/input.pcap
DEMO_OUTPUT = .build/demo

# For each target; and what the compiler is told besides: FUZZ_FLAGS='-D PLANTED_BUG' must end with findings.
FUZZ_SECONDS ?= 60
FUZZ_FLAGS ?=

# One static site of these; FlowFiles is no product, but its pages describe what the command writes.
DOCUMENTED = Packets Reassembly Capture TLS HTTP FlowFiles
DOCS = .build/docs
SCHEMAS = $(wildcard Sources/FlowFiles/FlowFiles.docc/*.schema.json)

# The same seed makes the same scripts, on every machine.
HUNT_SECONDS ?= 3600
HUNT_SEED ?= 1
# Optimised, with assertions, so that the engine checks its invariants after every call.
CHECKED_BUILD = $(SWIFT) build -c release --scratch-path .build-checked -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -DDEBUG
CHECKED = $(CURDIR)/.build-checked/release/reasm

.PHONY: docs programs help demo build bench bench-live test test-cluster test-live golden record check check-allocations check-threads costs fuzz hunt install uninstall test-install deb tarball test-packages clean packages valgrind

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

demo: build ## Build, reassemble a fixture, show what was written
	rm -rf $(DEMO_OUTPUT)
	$(RELEASE) -r $(DEMO) -o $(DEMO_OUTPUT)
	@echo; echo "\$$ ls -l $(DEMO_OUTPUT)"; ls -l $(DEMO_OUTPUT)
	@echo; echo "\$$ head -n 1 $(DEMO_OUTPUT)/connections.ndjson"; head -n 1 $(DEMO_OUTPUT)/connections.ndjson

build: packages ## Build the release binary, .build/release/reasm
	$(SWIFT) build -c release --product reasm

# Wall times mean something on a quiet machine only; instruction counts do anywhere (valgrind is needed for them).
bench: build ## Measure: whole programs, forms of input and output, HTTP, TLS, search, captures, shards, the engine, memory, its parts, instructions against the baseline
	$(SWIFT) build -c release --product bench
	.build/release/bench compare
	.build/release/bench inputs
	.build/release/bench engine
	.build/release/bench http
	.build/release/bench tls
	.build/release/bench match
	.build/release/bench output
	.build/release/bench pcap
	.build/release/bench scale
	.build/release/bench memory
	.build/release/bench micro
	.build/release/bench instructions

bench-live: build programs ## Measure the loss of a live capture against tcpdump, over a pair of interfaces, as root
	$(SWIFT) build -c release --product bench
	for name in small bulk; do \
	  SCALE=0.2 .build/release/bench make $$name .build/live.pcap && Tests/Bench/live.sh $(RELEASE) .build/live.pcap || exit 1; done
	rm -f .build/live.pcap

# The tests start the command thousands of times, and a debug build takes 0.2 s to read its arguments: ten times as long as this one.
# `swift test` alone runs the debug build.
test: packages ## Run all tests but those of live capture
	$(CHECKED_BUILD) --product reasm
	$(SWIFT) build
	REASM="$(CHECKED)" $(SWIFT) test --skip LiveTests
	Tests/Cluster/check.sh "$(CHECKED)" .build/cluster

test-cluster: build ## Test Slurm and Spark with two nodes each on this machine: as root, with slurm-wlm, munge, Java and PySpark
	Tests/Cluster/check.sh $(RELEASE) .build/cluster
	Tests/Cluster/slurm.sh $(RELEASE) .build/cluster-slurm
	Tests/Cluster/spark.sh $(RELEASE) .build/cluster-spark

test-live: packages ## Run the tests of live capture, as root: nginx, curl, iperf3 and others on interfaces of their own
	$(SWIFT) build
	$(SWIFT) test --filter LiveTests

golden: packages ## Compare whole output directories with those under Fixtures
	$(SWIFT) build
	$(SWIFT) test --filter GoldenTests

# Fails although it succeeds, so that nobody records by accident: look at the differences, then run the tests.
record: packages ## Write the text that tests expect anew, and fail
	$(SWIFT) build
	RECORD=1 $(SWIFT) test --filter 'ReasmTests|GoldenTests|DocumentationTests'

# Programs that the tests of live capture run; without them or without root those tests are skipped and say so.
programs: ## Install what the tests of live capture run, as root
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nginx-light curl openssl iperf3 tcpreplay iproute2 tcpdump iptables

check: packages ## Style, warnings as errors, imports that the package does not declare
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	$(SWIFT) build --build-tests --scratch-path .build-check -Xswiftc -warnings-as-errors \
	  --explicit-target-dependency-import-check error

check-allocations: build valgrind ## Nothing is allocated per packet, counted under valgrind
	$(SWIFT) build -c release --product engine-costs
	Tests/Allocations/check.sh $(RELEASE) .build/release/engine-costs .build/allocations

# Many bodies in gzip keep both threads at work, and many short connections do; the fixtures have every kind of message.
check-threads: packages ## Look for data races between threads with ThreadSanitizer
	$(SWIFT) build --product reasm --sanitize=thread --scratch-path .build-thread
	$(SWIFT) build -c release --product bench
	SCALE=0.05 .build/release/bench make http .build-thread/http.pcap
	SCALE=0.02 .build/release/bench make small .build-thread/small.pcap
	Tests/Threads/check.sh .build-thread/debug/reasm .build-thread/out .build-thread/http.pcap .build-thread/small.pcap \
	  $(wildcard $(addprefix Fixtures/,$(addsuffix /input.pcap,http* hole* injection several*)))

# Processor time of the engine alone, against packets in order; a figure above ten fails.
costs: packages ## What a hostile sender can make a packet cost
	$(SWIFT) build -c release --product engine-costs
	.build/release/engine-costs

# The plugin does not look at the status of its last step, so the result is looked at here.
docs: packages ## Build the documentation of all libraries as one static site, .build/docs
	$(SWIFT) package --allow-writing-to-directory $(DOCS) generate-documentation $(addprefix --target ,$(DOCUMENTED)) \
	  --enable-experimental-combined-documentation --warnings-as-errors --transform-for-static-hosting --output-path $(DOCS)
	@for name in $(DOCUMENTED); do \
	  test -f "$(DOCS)/documentation/$$(echo $$name | tr A-Z a-z)/index.html" || { echo "$(DOCS) lacks $$name"; exit 1; }; done
	install -d $(DOCS)/schemas
	install -m 644 $(SCHEMAS) $(DOCS)/schemas
	@echo "for a browser: python3 -m http.server -d $(DOCS), then http://localhost:8000/documentation"

fuzz: packages ## Fuzz decoder, fragments, assembler, HTTP/1, HTTP/2, TLS and search for FUZZ_SECONDS each
	Tests/Fuzz/build.sh .build/fuzz $(FUZZ_FLAGS)
	Tests/Fuzz/run.sh .build/fuzz $(FUZZ_SECONDS)

# A finding is shrunk, printed as lines for a test and saved under .build/hunt.
hunt: packages ## Run hostile scripts for HUNT_SECONDS, through libraries and command, against laws; HUNT_SEED makes others
	$(CHECKED_BUILD) --product reasm
	$(CHECKED_BUILD) --product hunt
	.build-checked/release/hunt --seconds $(HUNT_SECONDS) --seed $(HUNT_SEED) --reasm $(CHECKED)

# The binary needs the system's C libraries and no Swift runtime. The man page is made of its help: argument-parser's own has neither the
# values nor the defaults of options, and a subcommand that does not exist.
install: packages ## Install command, man page, completions and scripts for clusters below $(DESTDIR)$(PREFIX)
	$(SWIFT) build -c release --product reasm --static-swift-stdlib --scratch-path .build-static
	install -d $(addprefix "$(DESTDIR)$(PREFIX)"/,$(dir $(INSTALLED)))
	install -s -m 755 .build-static/release/reasm "$(DESTDIR)$(PREFIX)/bin/reasm"
	COLUMNS=80 .build-static/release/reasm --help | \
	  awk -v version="$$(.build-static/release/reasm --version | awk '{ print $$2 }')" -v sections=Sources/Manual/sections.man -f Sources/Manual/manual.awk \
	  > "$(DESTDIR)$(PREFIX)/share/man/man1/reasm.1"
	install -m 644 Sources/Manual/reasm-output.5 "$(DESTDIR)$(PREFIX)/share/man/man5"
	.build-static/release/reasm --generate-completion-script bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/reasm"
	.build-static/release/reasm --generate-completion-script zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_reasm"
	.build-static/release/reasm --generate-completion-script fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/reasm.fish"
	install -m 755 Sources/Cluster/reasm-slurm "$(DESTDIR)$(PREFIX)/share/reasm"
	install -m 644 Sources/Cluster/reasm-spark.py Sources/Cluster/reasm-kubernetes.yaml "$(DESTDIR)$(PREFIX)/share/reasm"

uninstall: ## Remove what make install put there
	rm -f $(addprefix "$(DESTDIR)$(PREFIX)"/,$(INSTALLED))

# Into a folder of its own, and away again; the installed binary runs where the Swift toolchain cannot be seen.
test-install: packages ## Test make install and make uninstall, which build for minutes
	Tests/Install/check.sh .build/install $(INSTALLED)

# Packages of what `make install` writes, below PACKAGES_DIR.
PACKAGES_DIR ?= .build/packages
VERSION = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/reasm/ReasmCommand.swift)

deb: ## Build a Debian package, .build/packages/reasm_VERSION_ARCHITECTURE.deb
	rm -rf $(PACKAGES_DIR)/deb
	$(MAKE) install DESTDIR=$(abspath $(PACKAGES_DIR))/deb PREFIX=/usr
	Sources/Packaging/deb.sh $(PACKAGES_DIR)/deb $(PACKAGES_DIR)/reasm_$(VERSION)_$$(dpkg --print-architecture).deb

tarball: ## Build an archive to unpack anywhere, .build/packages/reasm-VERSION-linux-MACHINE.tar.gz
	rm -rf $(PACKAGES_DIR)/tarball
	$(MAKE) install DESTDIR=$(abspath $(PACKAGES_DIR))/tarball PREFIX=/
	Sources/Packaging/tarball.sh $(PACKAGES_DIR)/tarball $(PACKAGES_DIR)/reasm-$(VERSION)-linux-$$(uname -m).tar.gz

test-packages: packages ## Test the packages; with REASM_CI_FULL=1 in a new Debian too
	Tests/Install/packages.sh .build/packages-test

clean: ## Remove everything that was built
	rm -rf .build .build-check .build-checked .build-static .build-thread

# Root installs what is missing; anybody else is told how.
packages:
	@command -v pkg-config > /dev/null && pkg-config --exists libpcap libcrypto zlib libzstd liblzma liblz4 libbrotlidec libnghttp2 && \
	echo '\#include <bzlib.h>' | $(CC) -E -x c - > /dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(PACKAGES); \
	else \
	  echo "missing: libpcap, libcrypto, zlib, libzstd, liblzma, liblz4, libbz2, libbrotli or libnghttp2 with their headers, or pkg-config. On Debian and Ubuntu:"; \
	  echo "  sudo apt-get install $(PACKAGES)"; \
	  exit 1; \
	fi
	@command -v $(SWIFT) > /dev/null || { echo "missing: Swift 6.3, from https://www.swift.org/install"; exit 1; }

valgrind:
	@command -v valgrind > /dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends valgrind; \
	else \
	  echo "missing: valgrind. On Debian and Ubuntu: sudo apt-get install valgrind"; \
	  exit 1; \
	fi
