// SPDX-License-Identifier: GPL-2.0-or-later
//
// Joins two network namespaces by a link with delay, rate, loss, reordering and duplicates: what `tc netem`
// does, for kernels without it. A tun device stands at each end. Prints "ready" once both exist, and on
// SIGTERM or SIGINT one line of JSON with what became of the packets of each direction.

#include "../support/arguments.h"
#include "gso.h"
#include "link.h"
#include "tun.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>

namespace {

using links::Frame;
using links::Link;
using links::LinkSettings;
using links::Time;
using links::Tun;

constexpr int reads_in_a_row = 32; // then the other direction has its turn

Time clock_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

struct Direction {
    Tun& from;
    Tun& to;
    Link link;
    std::size_t longest = 0;            // wire form of a packet not yet cut
    std::uint64_t refused = 0;          // by the receiving namespace
    std::chrono::nanoseconds latest{0}; // how late the latest packet was: what the machine adds to the delay

    void deliver_due() {
        for (auto arrival = link.next_arrival(); arrival; arrival = link.next_arrival()) {
            const Time now = clock_now();
            if (*arrival > now) {
                return;
            }
            latest = std::max(latest, now - *arrival);
            refused += to.write(link.take()) ? 0U : 1U;
        }
    }

    // True where there may be more to read.
    bool take_in() {
        for (int i = 0; i < reads_in_a_row; ++i) {
            Frame frame = from.read();
            if (frame.empty()) {
                return false;
            }
            longest = std::max(longest, frame.size());
            const links::Train train = links::train_of(frame);
            link.offer(std::move(frame), train, clock_now());
        }
        return true;
    }

    void print() const {
        const auto& c = link.counts();
        std::printf(
            "{\"offered\": %llu, \"lost\": %llu, \"queue_full\": %llu, \"duplicated\": %llu, "
            "\"reordered\": %llu, \"delivered\": %llu, \"refused\": %llu, \"longest\": %zu, "
            "\"latest_us\": %lld}",
            static_cast<unsigned long long>(c.offered), static_cast<unsigned long long>(c.lost),
            static_cast<unsigned long long>(c.queue_full), static_cast<unsigned long long>(c.duplicated),
            static_cast<unsigned long long>(c.reordered), static_cast<unsigned long long>(c.delivered),
            static_cast<unsigned long long>(refused), longest, static_cast<long long>(latest.count() / 1000));
    }
};

int block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

// Sleeps until a device has something, a packet arrives at its end, or a signal says stop: then true.
bool wait(std::array<pollfd, 3>& watched, const std::array<Direction, 2>& directions) {
    std::optional<Time> next;
    for (const auto& direction : directions) {
        const auto arrival = direction.link.next_arrival();
        next = arrival && next ? std::min(*arrival, *next) : (arrival ? arrival : next);
    }
    timespec timeout{};
    if (next) {
        const auto left = std::max(*next - clock_now(), Time{0});
        timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
        timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    }
    (void)ppoll(watched.data(), watched.size(), next ? &timeout : nullptr, nullptr);
    return watched[2].revents != 0;
}

void run(std::array<Direction, 2>& directions, int signals) {
    std::array<pollfd, 3> watched{pollfd{directions[0].from.fd(), POLLIN, 0},
                                  pollfd{directions[1].from.fd(), POLLIN, 0}, pollfd{signals, POLLIN, 0}};
    while (!wait(watched, directions)) {
        bool more = true;
        while (more) {
            more = false;
            for (auto& direction : directions) {
                direction.deliver_due();
                more = direction.take_in() || more;
            }
        }
    }
}

constexpr const char* usage =
    "usage: link_emulator --from NETNS --to NETNS [--from-name DEVICE] [--to-name DEVICE] [--delay-ms MS]\n"
    "                     [--rate BITS_A_SECOND] [--queue-bytes BYTES] [--loss P] [--reorder P] [--duplicate "
    "P]\n"
    "                     [--seed N]\n"
    "\n"
    "NETNS: a network namespace as a path; DEVICE: eth0 unless named. Delay, rate and queue are those of "
    "each\n"
    "way, without a rate nothing waits; P is a chance from 0 to 1 for each packet.\n"
    "Example: link_emulator --from /run/netns/a --to /run/netns/b --delay-ms 20 --loss 0.01\n";

struct Options {
    std::string from, to, from_name, to_name;
    LinkSettings settings;
};

std::optional<Options> read_options(nfsieve::test::Arguments arguments) {
    Options options;
    options.from = arguments.take("--from", "");
    options.to = arguments.take("--to", "");
    options.from_name = arguments.take("--from-name", "eth0");
    options.to_name = arguments.take("--to-name", "eth0");
    LinkSettings& settings = options.settings;
    settings.delay =
        std::chrono::nanoseconds(static_cast<std::int64_t>(arguments.take_real("--delay-ms", 0) * 1e6));
    settings.rate = arguments.take_real("--rate", settings.rate);
    settings.queue_bytes = arguments.take_number("--queue-bytes", settings.queue_bytes);
    settings.seed = arguments.take_number("--seed", settings.seed);
    bool chances = true;
    for (const auto& [name, value] :
         {std::pair("--loss", &settings.loss), std::pair("--reorder", &settings.reorder),
          std::pair("--duplicate", &settings.duplicate)}) {
        *value = arguments.take_real(name, *value);
        chances = chances && *value >= 0 && *value <= 1;
    }
    if (!arguments.rest().empty() || options.from.empty() || options.to.empty() || !chances)
        return std::nullopt;
    return options;
}

} // namespace

int main(int argc, char** argv) {
    const auto options = read_options(nfsieve::test::Arguments(argc, argv));
    if (!options) {
        std::fputs(usage, stderr);
        return 2;
    }
    try {
        (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
        const int signals = block_signals();
        Tun from(options->from, options->from_name);
        Tun to(options->to, options->to_name);
        LinkSettings back = options->settings;
        back.seed = ~back.seed; // the two directions have luck of their own
        std::array<Direction, 2> directions{Direction{from, to, Link(options->settings, links::cut)},
                                            Direction{to, from, Link(back, links::cut)}};
        std::puts("ready");
        std::fflush(stdout);
        run(directions, signals);
        std::printf("{\"there\": ");
        directions[0].print();
        std::printf(", \"back\": ");
        directions[1].print();
        std::printf("}\n");
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "link_emulator: %s\n", error.what());
        return 1;
    }
}
