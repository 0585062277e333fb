// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the kernel's idea of which connections are done in step with the rules in force: the generation in
// the sets of our nftables tables, and the connection marks that carry it.
#pragma once

#include "nfsieve/engine/config.h"
#include "nfsieve/io/kernel_marks.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace nfsieve {

/// A generation is a number from 1 to MarkLayout::generations. Before one is used (again) the marks that
/// carry it are cleared, so that no connection passes that was done under other rules. Any thread.
class Offload {
public:
    using Report = std::function<void(const std::string&)>;

    /// Where it is not `on` the kernel is told to forward no connection by itself. `report` is told, once
    /// each, why one cannot be.
    Offload(const MarkLayout& marks, bool on, std::unique_ptr<KernelMarks> kernel, Report report);

    /// Takes the next generation, and says so in all tables that are loaded: at the start, and when rules
    /// have changed and all workers have taken them up. What was done before comes back to the queue.
    void advance();
    /// Says it again where a table has come, or come back, without it.
    void restore();
    /// With which generation the kernel takes marks; 0: with none, as no table is loaded or something failed.
    [[nodiscard]] std::uint8_t generation() const;

private:
    void begin(std::uint8_t generation);
    void say();
    void fail(const std::string& what);

    const MarkLayout marks_;
    const bool on_;
    const std::unique_ptr<KernelMarks> kernel_;
    const Report report_;
    mutable std::mutex mutex_;
    std::uint8_t wanted_ = 0; ///< 0: none
    bool said_ = false;       ///< some table has it
    std::string failure_;     ///< the last that was reported
};

} // namespace nfsieve
