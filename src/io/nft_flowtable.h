// SPDX-License-Identifier: GPL-2.0-or-later
// The flowtable `done` of one of our tables, the chain `to_flowtable` that holds the one rule by which
// connections get there, and the two chains `leave` that keep SYNs from passing in it.
#pragma once

#include "netfilter_talk.h"
#include "nft_batch.h"

#include <libnftnl/flowtable.h>
#include <memory>
#include <string>
#include <vector>

namespace nfsieve {

struct FlowtableFree {
    void operator()(const nftnl_flowtable* flowtable) const { ::nftnl_flowtable_free(flowtable); }
};
using NftFlowtable = std::unique_ptr<nftnl_flowtable, FlowtableFree>;

/// Asks the kernel for it; null where the table has none.
[[nodiscard]] Result<NftFlowtable> read_flowtable(NetfilterTalk& kernel, const std::string& table);

/// Whether both chains are there, with their rules, and see what leaves by each of the interfaces.
[[nodiscard]] Result<bool> is_guarded(NetfilterTalk& kernel, const std::string& table,
                                      const std::vector<std::string>& devices);

/// The interfaces of one that was read from the kernel.
[[nodiscard]] std::vector<std::string> devices_of(const nftnl_flowtable& flowtable);

/// Takes the rule and the flowtable out, which gives all its connections back to the chains. Where it is to
/// be made `again`, another of the same kind takes its place. False where there is no memory.
[[nodiscard]] bool add_removal(NftBatch& batch, const std::string& table, nftnl_flowtable* again);

} // namespace nfsieve
