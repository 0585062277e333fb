// SPDX-License-Identifier: GPL-2.0-or-later
// The flowtable `done` of one of our tables, and the chain `to_flowtable` that holds the one rule by which
// connections get there.
#pragma once

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

/// The one of `table`, of which only the names are known; null where there is no memory.
[[nodiscard]] NftFlowtable named_flowtable(const std::string& table);

/// The interfaces of one that was read from the kernel.
[[nodiscard]] std::vector<std::string> devices_of(const nftnl_flowtable& flowtable);

/// Takes the rule and the flowtable out, which gives all its connections back to the chains. Where it is to
/// be made `again`, another of the same kind takes its place. False where there is no memory.
[[nodiscard]] bool add_removal(NftBatch& batch, const std::string& table, nftnl_flowtable* again);

} // namespace nfsieve
