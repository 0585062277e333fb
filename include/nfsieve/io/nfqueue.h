// SPDX-License-Identifier: GPL-2.0-or-later
// The live source: one NFQUEUE of the kernel (net/netfilter/nfnetlink_queue.c), over libmnl and
// libnetfilter_queue.
#pragma once

#include "nfsieve/engine/config.h"
#include "nfsieve/io/packet_source.h"
#include "nfsieve/telemetry/counters.h"
#include "nfsieve/telemetry/histogram.h"

#include <memory>

namespace nfsieve {

struct NfqueueConfig {
    std::uint16_t queue = 0;
    std::uint32_t queue_length = 16384; ///< packets the kernel may hold for us
    std::size_t receive_buffer = 0; ///< bytes of socket buffer; 0: sized for queue_length (at least 32 MiB)
    bool fail_open = false;         ///< NFQA_CFG_F_FAIL_OPEN: a full queue accepts; follows on.queue_full
    bool conntrack = false;         ///< ask for conntrack attributes (zone), where the kernel has them
    MarkLayout marks;
};

/// Binds a queue for the calling process (CAP_NET_ADMIN). Bind, copy range, flags, mask and length go in one
/// message; GSO is on. Errors say in words what the kernel refused and what to do: no permission, queue
/// already taken (and by which port id, from /proc/net/netfilter/nfnetlink_queue), no nfnetlink_queue in this
/// kernel. `counters` and `times` are written by the thread that calls run() and outlive the source; `times`
/// gets for each packet how long it was in this process: from the return of the receive that brought its
/// batch to the sending of the batch's verdicts.
[[nodiscard]] Result<std::unique_ptr<PacketSource>> open_nfqueue(const NfqueueConfig& config,
                                                                 Counters& counters, Histogram& times);

} // namespace nfsieve
