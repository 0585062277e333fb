// SPDX-License-Identifier: GPL-2.0-or-later
// Bits and counters that rules keep of one flow (flowbits, flowint).
#pragma once

#include "nfsieve/rules/signature.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace nfsieve {

/// Belongs to a flow, not to a generation of rules: a reload keeps what was set. Names are kept as 64-bit
/// hashes. A flow has at most 256 bits and 256 counters; more are not set.
class FlowVariables {
public:
    /// All that `operations` of scope `flow` ask for is so.
    [[nodiscard]] bool hold(std::span<const BitOperation> operations) const;
    [[nodiscard]] bool hold(std::span<const CounterOperation> operations) const;
    /// Does what they say.
    void apply(std::span<const BitOperation> operations);
    void apply(std::span<const CounterOperation> operations);
    [[nodiscard]] std::size_t memory() const {
        return bits_.capacity() * sizeof(bits_[0]) + counters_.capacity() * sizeof(counters_[0]);
    }

private:
    [[nodiscard]] bool is_set(std::uint64_t name) const;
    void set(std::uint64_t name, bool value);
    [[nodiscard]] const std::uint32_t* counter(std::uint64_t name) const;

    std::vector<std::uint64_t> bits_; ///< ascending
    std::vector<std::pair<std::uint64_t, std::uint32_t>> counters_;
};

} // namespace nfsieve
