// SPDX-License-Identifier: GPL-2.0-or-later
// Tells that somebody has changed the nftables rules of this network namespace (NFNLGRP_NFTABLES).
#pragma once

#include "nfsieve/base/result.h"

#include <memory>

namespace nfsieve {

/// Belongs to one thread.
class NftWatch {
public:
    virtual ~NftWatch() = default;
    /// Readable when something has changed.
    [[nodiscard]] virtual int fd() const = 0;
    /// True where something has changed since the last call. Never waits.
    [[nodiscard]] virtual bool changed() = 0;
};

[[nodiscard]] Result<std::unique_ptr<NftWatch>> open_nft_watch();

} // namespace nfsieve
