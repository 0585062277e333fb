// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel goes by when it forwards connections that are done: the set `generation` and the flowtable
// `done` of our nftables tables, over nf_tables' netlink (libnftnl), and connection marks, over ctnetlink.
// Not by libnftables: that lists every chain, rule and set of the machine to change one element, and ends the
// process where it has no memory.
#pragma once

#include "nfsieve/base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve {

/// The set `generation` of one of our tables: connections that carry one of its marks pass the divert chain.
struct GenerationSet {
    std::string table;                ///< "nfsieve" or "nfsieve_host"
    std::vector<std::uint32_t> marks; ///< as nftables shows them
    /// The interfaces of the table's flowtable; none where it has no flowtable.
    std::optional<std::vector<std::string>> flowtable = std::nullopt;
    bool guarded = true; ///< false: a SYN could pass in the flowtable, since a chain against that is missing
    bool operator==(const GenerationSet&) const = default;
};

/// What becomes of a table's flowtable, which has to be there. Its packets meet no chain, and so no mark.
enum class FlowtableChange : std::uint8_t {
    none,
    renew, ///< an empty one takes its place: its connections come back to the chains
    remove ///< they come back, and no other goes there
};

/// Asks the kernel, and waits for its answer, which comes within the request's own system call. Belongs to
/// one thread. Each call needs CAP_NET_ADMIN in the network namespace.
class KernelMarks {
public:
    virtual ~KernelMarks() = default;
    /// Those of our tables that are loaded and have the set.
    [[nodiscard]] virtual Result<std::vector<GenerationSet>> read() = 0;
    /// Makes `mark` the set's only element, or empties it, and changes the flowtable, in one transaction: no
    /// packet meets it half done. A flowtable that goes takes what waits in the network namespace's queues
    /// along: the kernel drops it. Errors: a flowtable cannot be renewed where an interface is gone.
    [[nodiscard]] virtual Result<void> put(const std::string& table, std::optional<std::uint32_t> mark,
                                           FlowtableChange change) = 0;
    /// Takes the bits of `mask` out of all connection marks that have `mark` under `mask`. How many there
    /// were. Errors: a kernel without nf_conntrack_netlink.
    [[nodiscard]] virtual Result<std::size_t> clear(std::uint32_t mark, std::uint32_t mask) = 0;
};

[[nodiscard]] Result<std::unique_ptr<KernelMarks>> open_kernel_marks();

} // namespace nfsieve
