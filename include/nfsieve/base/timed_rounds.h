// SPDX-License-Identifier: GPL-2.0-or-later
// How long several threads take for the same work, begun at the same moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace nfsieve {

/// What the rounds took in all.
struct RoundTimes {
    std::chrono::nanoseconds wall{0}; ///< from each common start to the end of its last thread
    std::chrono::nanoseconds cpu{0};  ///< of all threads: what a busy machine does not change
};

/// Calls `work(thread)` on `threads` threads at once, `rounds` times over. Before each round every thread
/// calls `prepare(thread)`, which is not timed. Both run on the thread that they are told (0 to threads - 1)
/// and throw nothing. All threads have ended on return.
[[nodiscard]] RoundTimes time_rounds(std::size_t threads, std::size_t rounds,
                                     const std::function<void(std::size_t thread)>& prepare,
                                     const std::function<void(std::size_t thread)>& work);

} // namespace nfsieve
