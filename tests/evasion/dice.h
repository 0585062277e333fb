// SPDX-License-Identifier: GPL-2.0-or-later
// Random numbers that are the same on every machine: a seed names a case for good.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>

namespace nfsieve::evasion {

/// splitmix64. The standard library's distributions differ between implementations; these do not.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    /// From 0 to `count` - 1; `count` is not 0.
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
    }
    /// Both ends are in.
    std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
    bool percent(std::uint32_t share) { return below(100) < share; }
    template <class T>
    T pick(std::initializer_list<T> of) {
        return *std::next(of.begin(), below(static_cast<std::uint32_t>(of.size())));
    }
    template <class Container>
    void shuffle(Container& all) {
        for (std::size_t left = all.size(); left > 1; --left)
            std::swap(all[left - 1], all[below(static_cast<std::uint32_t>(left))]);
    }

private:
    std::uint64_t state_;
};

} // namespace nfsieve::evasion
