// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of a packet's way, each for itself. Nothing here is a test: times swing with the machine.

#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
