// SPDX-License-Identifier: GPL-2.0-or-later
//
// Joins two network namespaces by a link with delay, rate, loss, reordering and duplicates: what `tc netem`
// does, for kernels without it. A tun device stands at each end. Prints "ready" once both exist, and on
// SIGTERM or SIGINT one line of JSON with what became of the packets of each direction.

#include "gso.h"
#include "link.h"
#include "tun.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
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

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Joins two network namespaces by a link with delay, rate, loss, reordering and duplicates."};
    std::array<std::string, 2> namespaces;
    std::array<std::string, 2> names{"eth0", "eth0"};
    LinkSettings settings;
    double delay_ms = 0;
    app.add_option("--from", namespaces[0], "one end's namespace, as a path")->required();
    app.add_option("--from-name", names[0], "its device");
    app.add_option("--to", namespaces[1], "the other end's namespace")->required();
    app.add_option("--to-name", names[1], "its device");
    app.add_option("--delay-ms", delay_ms, "each way");
    app.add_option("--rate", settings.rate, "bit/s each way; 0: unlimited");
    app.add_option("--queue-bytes", settings.queue_bytes, "what may wait for the rate");
    for (const auto& [name, value] :
         {std::pair("--loss", &settings.loss), std::pair("--reorder", &settings.reorder),
          std::pair("--duplicate", &settings.duplicate)}) {
        app.add_option(name, *value, "a chance from 0 to 1 for each packet")->check(CLI::Range(0.0, 1.0));
    }
    app.add_option("--seed", settings.seed, "of the chances");
    CLI11_PARSE(app, argc, argv);
    settings.delay = std::chrono::nanoseconds(static_cast<std::int64_t>(delay_ms * 1e6));
    try {
        (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
        const int signals = block_signals();
        Tun from(namespaces[0], names[0]);
        Tun to(namespaces[1], names[1]);
        LinkSettings back = settings;
        back.seed = ~settings.seed; // the two directions have luck of their own
        std::array<Direction, 2> directions{Direction{from, to, Link(settings, links::cut)},
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
