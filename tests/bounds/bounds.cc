// SPDX-License-Identifier: GPL-2.0-or-later
// What floods cost: memory stays under its caps, a packet's time does not grow, and flows that are being
// judged go on being judged. Prints TAP with the numbers. Each case runs in a process of its own, so that its
// memory is its own.
//
// usage: bounds [ALIVE [HALF_OPEN [MEMORY]]]    connections, and MiB for each of memory.flows and memory.held
#include "crowd.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace nfsieve::bounds {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t most_at_rest = 256;    ///< bytes of a flow, beside its matcher state
constexpr std::size_t most_for_a_flow = 512; ///< with it
constexpr std::uint64_t most_slowdown = 5;

struct Sizes {
    std::uint32_t alive = 2000, half_open = 200'000;
    std::size_t memory = 32 * mebibyte; ///< for flows, and once more for held bytes

    /// What a worker takes beside flows and held bytes: buckets, free lists, the allocator's own.
    [[nodiscard]] std::size_t beside() const { return 8 * mebibyte + memory / 8; }

    [[nodiscard]] EngineConfig config() const {
        EngineConfig config;
        config.flow_memory = config.held_memory = memory;
        return config;
    }
};

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
    std::printf("# ");
    va_list values;
    va_start(values, format);
    std::vprintf(format, values);
    va_end(values);
    std::printf("\n");
}

double mebibytes(std::size_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(mebibyte);
}

std::size_t growth(std::size_t since) {
    const std::size_t now = resident();
    return now > since ? now - since : 0;
}

bool within(std::size_t taken, std::size_t caps, const Sizes& sizes) {
    say("resident memory grew by %.1f MiB; capped at %.1f MiB, and %.1f MiB for what no flow causes",
        mebibytes(taken), mebibytes(caps), mebibytes(sizes.beside()));
    return taken <= caps + sizes.beside();
}

/// Nanoseconds a packet, for each tenth of `count` packets that `send(number)` judges.
template <class Send>
std::array<std::uint64_t, 10> tenths(std::uint32_t count, Send&& send) {
    std::array<std::uint64_t, 10> each{};
    for (std::uint32_t tenth = 0; tenth < each.size(); ++tenth) {
        const std::uint64_t started = thread_nanoseconds();
        for (std::uint32_t i = 0; i < count / 10; ++i)
            send(tenth * (count / 10) + i);
        each[tenth] = (thread_nanoseconds() - started) / std::max<std::uint64_t>(count / 10, 1);
    }
    return each;
}

bool steady(const char* what, const std::array<std::uint64_t, 10>& each) {
    // What grows has grown before the last tenth; a single one is the machine's.
    const std::uint64_t end = *std::min_element(each.end() - 3, each.end());
    say("%s: %lu ns a packet at first, %lu ns at the end", what, each.front(), end);
    return end <= most_slowdown * each.front();
}

bool flow_at_rest(const Sizes& sizes) {
    const std::uint32_t flows = std::max(sizes.alive, 20'000U); // so many that pages do not matter
    Gateway gateway(sizes.config());
    gateway.open(1, 0, 100); // what is made once
    const std::size_t before = resident();
    gateway.open(1, 100, 100 + flows);
    const std::size_t a_flow = growth(before) / flows;
    const std::size_t matcher = gateway.rules().matcher_state();
    say("a flow at rest takes %zu bytes, %zu of them matcher state", a_flow, matcher);
    return gateway.finish(1, 100 + flows) == 0 && a_flow - std::min(a_flow, matcher) <= most_at_rest;
}

bool half_open(const Sizes& sizes) {
    Gateway gateway(sizes.config());
    const std::size_t before = resident();
    gateway.open(1, 0, sizes.alive);
    Template syn("S", 1000, 0, "", true);
    const auto each = tenths(
        sizes.half_open, [&](std::uint32_t number) { static_cast<void>(gateway.judge(syn.of(2, number))); });
    const bool fast = steady("half-open connections", each);
    const bool bounded = within(growth(before), sizes.memory, sizes);
    const std::uint32_t escaped = gateway.finish(1, sizes.alive);
    say("%u of %u living flows escaped", escaped, sizes.alive);
    return fast && bounded && escaped == 0;
}

bool stray_acknowledgments(const Sizes& sizes) {
    Gateway gateway(sizes.config());
    const std::size_t before = resident();
    gateway.open(1, 0, sizes.alive);
    Template stray("A", 1001, 5001, "", true);
    const auto each = tenths(sizes.half_open, [&](std::uint32_t number) {
        static_cast<void>(gateway.judge(stray.of(2, number)));
    });
    const bool fast = steady("stray acknowledgments", each);
    const bool bounded = within(growth(before), sizes.memory, sizes);
    const std::uint64_t refused = gateway.count(Counter::cause_memcap);
    Template syn("S", 1000, 0, "", true);
    const bool room = gateway.judge(syn.of(3, 1)) == Verdict::accept;
    const std::uint32_t escaped = gateway.finish(1, sizes.alive);
    say("%u of %u living flows escaped; %lu packets found no room, a new connection %s", escaped, sizes.alive,
        refused, room ? "did" : "did not");
    return fast && bounded && escaped == 0 && room;
}

/// Every second byte, so that nothing can be joined.
void send_tiny(Gateway& gateway, std::uint32_t connections, std::uint32_t segments) {
    Template tiny("A", 0, after_response, "x", true);
    for (std::uint32_t number = 0; number < connections; ++number)
        for (std::uint32_t i = 0; i < segments; ++i)
            static_cast<void>(gateway.judge(tiny.of(2, number, 100 + 2 * i)));
}

bool tiny_segments(const Sizes& sizes) {
    Gateway gateway(sizes.config());
    const std::size_t before = resident();
    gateway.open(1, 0, sizes.alive);
    const auto connections = static_cast<std::uint32_t>(sizes.memory / mebibyte);
    constexpr std::uint32_t segments = 5000;
    gateway.open(2, 0, connections);
    Template tiny("A", 0, after_response, "x", true);
    const auto each = tenths(connections * segments, [&](std::uint32_t i) {
        static_cast<void>(gateway.judge(tiny.of(2, i / segments, 100 + 2 * (i % segments))));
    });
    const bool fast = steady("tiny segments out of order", each);
    say("%lu of %u found no room", gateway.count(Counter::cause_memcap), connections * segments);
    const bool bounded = within(growth(before), sizes.memory + sizes.alive * most_for_a_flow, sizes);
    return fast && bounded && gateway.count(Counter::cause_memcap) > 0 && gateway.finish(1, sizes.alive) == 0;
}

/// What tiny segments took is there again for others, and is not taken twice.
bool tiny_then_large(const Sizes& sizes) {
    Gateway gateway(sizes.config());
    const std::size_t before = resident();
    const auto connections = static_cast<std::uint32_t>(sizes.memory / mebibyte);
    gateway.open(2, 0, connections);
    send_tiny(gateway, connections, 5000);
    const std::size_t after_tiny = growth(before);
    gateway.wait(std::chrono::hours(25));
    gateway.open(3, 0, connections);
    Template large("A", 0, after_response, std::string(1400, 'x'), true);
    for (std::uint32_t number = 0; number < connections; ++number)
        for (std::uint32_t i = 0; i < 400; ++i)
            static_cast<void>(gateway.judge(large.of(3, number, 100 + 1500 * i)));
    say("after tiny segments alone: %.1f MiB", mebibytes(after_tiny));
    return within(growth(before), sizes.memory, sizes);
}

struct Case {
    const char* name;
    bool (*run)(const Sizes& sizes);
};

constexpr std::array cases = {
    Case{"a flow at rest costs at most 256 bytes beside its matcher state", flow_at_rest},
    Case{"half-open connections stay under the caps and end no inspection", half_open},
    Case{"stray acknowledgments stay under the caps, end no inspection and leave room",
         stray_acknowledgments},
    Case{"tiny segments out of order stay under the caps and end no inspection", tiny_segments},
    Case{"memory that tiny segments took is used again for large ones", tiny_then_large},
};

bool in_own_process(const Case& one, const Sizes& sizes) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        const bool good = one.run(sizes);
        std::fflush(stdout);
        ::_exit(good ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

} // namespace
} // namespace nfsieve::bounds

int main(int count, char** values) {
    using namespace nfsieve::bounds;
    Sizes sizes;
    if (count > 1)
        sizes.alive = static_cast<std::uint32_t>(std::strtoul(values[1], nullptr, 10));
    if (count > 2)
        sizes.half_open = static_cast<std::uint32_t>(std::strtoul(values[2], nullptr, 10));
    if (count > 3)
        sizes.memory = std::strtoul(values[3], nullptr, 10) * mebibyte;
    if (sizes.alive == 0 || sizes.half_open < 10 || sizes.memory == 0) {
        std::fprintf(stderr, "usage: bounds [ALIVE [HALF_OPEN [MEMORY]]]\n");
        return 2;
    }
    int number = 0, failed = 0;
    for (const auto& one : cases) {
        const bool good = in_own_process(one, sizes);
        failed += good ? 0 : 1;
        std::printf("%s %d - %s\n", good ? "ok" : "not ok", ++number, one.name);
    }
    std::printf("1..%d\n", number);
    return failed == 0 ? 0 : 1;
}
