// SPDX-License-Identifier: GPL-2.0-or-later
// A bounded queue between exactly one producing and one consuming thread, without locks.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace nfsieve {

/// `T` is movable and cheap to construct empty. Positions only grow; their low bits are the slot.
template <class T>
class SpscQueue {
public:
    /// `capacity` is rounded up to a power of two.
    explicit SpscQueue(std::size_t capacity) : slots_(std::bit_ceil(capacity)) {}

    /// Producer. Takes the value out of `value`; false, and `value` untouched, where there is no room.
    bool push(T& value) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - known_head_ == slots_.size()) {
            known_head_ = head_.load(std::memory_order_acquire);
            if (tail - known_head_ == slots_.size())
                return false;
        }
        slots_[tail & (slots_.size() - 1)] = std::move(value);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// Consumer. False where the queue is empty. Leaves a fresh T in the slot, so that what the value owned
    /// goes with `into`.
    bool pop(T& into) {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire))
            return false;
        into = std::exchange(slots_[head & (slots_.size() - 1)], T{});
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

    /// Consumer.
    [[nodiscard]] bool empty() const {
        return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
    }

private:
    static constexpr std::size_t cache_line = 64;

    std::vector<T> slots_;
    alignas(cache_line) std::atomic<std::size_t> tail_ = 0; ///< written by the producer
    std::size_t known_head_ = 0;                            ///< the producer's copy
    alignas(cache_line) std::atomic<std::size_t> head_ = 0; ///< written by the consumer
};

} // namespace nfsieve
