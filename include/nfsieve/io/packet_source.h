// SPDX-License-Identifier: GPL-2.0-or-later
// Where packets come from: the kernel's queue or a capture, behind one interface.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/engine/judge.h"

#include <atomic>

namespace nfsieve {

/// Owns the slabs that it lends to a judge: a judge that may have kept some is destroyed before its source.
class PacketSource {
public:
    virtual ~PacketSource() = default;
    /// Hands packets to `judge` and carries out its decisions until the source ends or `stop` becomes true
    /// (looked at every 200 ms at the latest). An error ends the source for good and says what and why.
    [[nodiscard]] virtual Result<void> run(Judge& judge, const std::atomic<bool>& stop) = 0;
};

} // namespace nfsieve
