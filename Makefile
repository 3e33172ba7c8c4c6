# The verbs of the house. `make help` lists them.
# Every verb first runs tools/deps.sh, which does nothing when all packages are there.
SHELL := /bin/sh
JOBS ?= $(shell nproc)
BUILD := build

.DEFAULT_GOAL := help
.PHONY: help deps build run test profiled bench lint fmt demo asan tsan clean up down test-kafka4

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{printf "make %-12s %s\n", $$1, $$2}'

deps:  ## install the Debian packages that are missing (tools/packages.txt)
	@sh tools/deps.sh

$(BUILD)/build.ninja: | deps
	cmake --preset release

build: deps $(BUILD)/build.ninja  ## build everything; the binaries are in build/bin
	cmake --build --preset release -j $(JOBS)

run: deps $(BUILD)/build.ninja  ## import the Online Retail book into var/ and show the answers
	cmake --build --preset release -j $(JOBS) --target mainstay
	examples/online-retail/run.sh

demo: deps $(BUILD)/build.ninja  ## a small synthetic book that shows every feature
	cmake --build --preset release -j $(JOBS) --target mainstay
	$(BUILD)/bin/mainstay demo

# Tests with a broker get a second try: a starved machine can miss Kafka's session timeouts. ctest says when it was used.
test: build  ## build everything and run every test
	ctest --preset release -j 2 -LE broker
	ctest --preset release -j 2 -L broker --repeat until-pass:2

up: deps $(BUILD)/build.ninja  ## Kafka and the three services on this machine
	cmake --build --preset release -j $(JOBS) --target mainstay mainstay-segmentation mainstay-cadence mainstay-notification
	deploy/local/up.sh

down:  ## stop what `make up` started; its data stays in var/local
	deploy/local/down.sh

test-kafka4: build  ## the tests that need a broker, against Kafka 4.1.1
	KAFKA_VERSION=4.1.1 ctest --preset release -j 1 -L broker

# Twice through the compiler: the first programs count what runs while they are trained, the second are compiled by it.
PROGRAMS := mainstay mainstay-segmentation mainstay-cadence mainstay-notification
profiled: deps  ## the programs as they are fastest, compiled by the profile of a training run (build/profiled/bin)
	sh tools/deps.sh tools/packages-profiled.txt
	cmake --preset profiled -DMAINSTAY_PROFILE=train
	cmake --build --preset profiled -j $(JOBS) --target $(PROGRAMS) touch_traffic
	find $(BUILD)/profiled -name '*.gcda' -delete
	python3 tests/bench/train.py $(BUILD)/profiled/bin
	cmake --preset profiled -DMAINSTAY_PROFILE=use
	cmake --build --preset profiled -j $(JOBS) --target $(PROGRAMS) bench
	tools/lay_out.sh $(BUILD)/profiled/bin $(PROGRAMS)

bench: profiled  ## measure import, shard loop, queries and the services over Kafka on this machine
	tests/bench/run.sh $(BUILD)/profiled/bin

# The dev preset compiles each source alone, which is what clang-tidy looks at.
lint: deps  ## format, house rules, header check; clang-tidy on changed sources (LINT_ALL=1: all)
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS) --target check-headers \
	  $(addprefix mainstay_proto_,event query state config peer)
	sh tools/lint.sh

fmt: deps  ## format all C++ sources in place
	git ls-files -z '*.h' '*.cc' | xargs -0 -r clang-format -i

asan: deps  ## the tests with address and undefined-behaviour sanitizers
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan -j 2

tsan: deps  ## the tests with the thread sanitizer
	cmake --preset tsan
	cmake --build --preset tsan -j $(JOBS)
	ctest --preset tsan -j 2

clean:  ## remove everything built; var/ (data) stays
	rm -rf $(BUILD)
