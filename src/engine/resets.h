// SPDX-License-Identifier: GPL-2.0-or-later
// Tells both ends of a rejected connection that it is over.
#pragma once

#include "flow.h"
#include "nfsieve/packet/reset.h"

#include <vector>

namespace nfsieve {

/// Answers a dropped segment with a reset to its sender, up to 16 a flow, with the sequence number that makes
/// it obey (RFC 5961 section 3.2).
void reset_sender(Flow& flow, Side from, const Segment& segment, std::vector<ResetRequest>& resets);

/// The same for a segment of a rejected flow; the other end is told too, the first time. An end that is to be
/// spared is told by neither.
void reset_both_ends(Flow& flow, Side from, const Segment& segment, std::vector<ResetRequest>& resets);

/// The same for a segment that belongs to no flow: to both ends, as far as its own numbers tell what they
/// expect.
void reset_unknown(const Segment& segment, std::vector<ResetRequest>& resets);

} // namespace nfsieve
