// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/timed_rounds.h"

#include <barrier>
#include <ctime>
#include <numeric>
#include <thread>
#include <vector>

namespace nfsieve {
namespace {

std::chrono::nanoseconds thread_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

RoundTimes time_rounds(std::size_t threads, std::size_t rounds,
                       const std::function<void(std::size_t thread)>& prepare,
                       const std::function<void(std::size_t thread)>& work) {
    RoundTimes total;
    std::chrono::steady_clock::time_point started;
    bool working = false;
    // Called each time that all threads have arrived, before any of them goes on.
    std::barrier gate(static_cast<std::ptrdiff_t>(threads), [&]() noexcept {
        const auto now = std::chrono::steady_clock::now();
        if (working)
            total.wall += now - started;
        started = now;
        working = !working;
    });
    std::vector<std::chrono::nanoseconds> used(threads);
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread)
        running.emplace_back([&, thread] {
            for (std::size_t round = 0; round < rounds; ++round) {
                prepare(thread);
                gate.arrive_and_wait();
                const auto before = thread_time();
                work(thread);
                used[thread] += thread_time() - before;
                gate.arrive_and_wait();
            }
        });
    for (std::thread& thread : running)
        thread.join();
    total.cpu = std::accumulate(used.begin(), used.end(), total.cpu);
    return total;
}

} // namespace nfsieve
