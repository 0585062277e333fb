// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the kernel's idea of which connections are done in step with the rules in force: the generation in
// the sets of our nftables tables, the connection marks that carry it, and the flowtable.
#pragma once

#include "nfsieve/app/config.h"
#include "nfsieve/engine/config.h"
#include "nfsieve/io/kernel_marks.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve {

/// A generation is a number from 1 to MarkLayout::generations. Before one is used (again) the marks that
/// carry it are cleared, and the flowtable is emptied with the step to it, so that no connection passes that
/// was done under other rules. Any thread.
class Offload {
public:
    using Report = std::function<void(const std::string&)>;

    /// Where it is `off` the kernel is told to forward no connection by itself; a flowtable that is there is
    /// taken away in any other mode than `flowtable`, and where SYNs could pass in it. `report` is told what
    /// cannot be done, once where it is the same again.
    Offload(const MarkLayout& marks, OffloadMode mode, std::unique_ptr<KernelMarks> kernel, Report report);

    /// Takes the next generation, and says so in all tables that are loaded: at the start, and when rules
    /// have changed and all workers have taken them up. What was done before comes back to the queue.
    void advance();
    /// Says it again where a table has come, or come back, without it.
    void restore();
    /// With which generation the kernel takes marks; 0: with none, as no table is loaded or something failed.
    [[nodiscard]] std::uint8_t generation() const;
    /// The interfaces of the flowtable that connections go to; none: they go to none.
    [[nodiscard]] std::optional<std::vector<std::string>> flowtable() const;

private:
    void take_next();
    void begin(std::uint8_t generation);
    void say(bool other_generation);
    [[nodiscard]] bool takes_flowtable(const GenerationSet& set) const;
    /// False where the table may go by another generation still.
    [[nodiscard]] bool put(const GenerationSet& set, std::optional<std::uint32_t> mark);
    [[nodiscard]] std::vector<std::uint32_t> wanted_marks() const;
    void fail(const std::string& what);
    void tell(const std::string& message);

    const MarkLayout marks_;
    const OffloadMode mode_;
    const std::unique_ptr<KernelMarks> kernel_;
    const Report report_;
    mutable std::mutex mutex_;
    std::uint8_t wanted_ = 0; ///< 0: none
    bool said_ = false;       ///< some table has it
    std::optional<std::vector<std::string>> flowtable_;
    bool troubled_ = false; ///< something was to be told at the last change
    std::string told_;      ///< the last that was reported; empty once all went well
};

} // namespace nfsieve
