// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel tells about its queues in /proc/net/netfilter/nfnetlink_queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nfsieve {

struct QueueStatus {
    std::uint32_t port_id = 0;      ///< who is bound to it
    std::uint64_t waiting = 0;      ///< packets that have no verdict yet
    std::uint64_t dropped = 0;      ///< because the queue was full
    std::uint64_t user_dropped = 0; ///< because the socket's buffer was full
    std::uint64_t sequence = 0;     ///< packets that found room in it, those of user_dropped among them
};

/// The line of one queue in that file's text (seq_show() in net/netfilter/nfnetlink_queue.c).
[[nodiscard]] std::optional<QueueStatus> parse_queue_status(std::string_view text, std::uint16_t queue);

/// The file's text for this network namespace; nothing where it does not exist or may not be read (root only,
/// unless the unit has changed its group).
[[nodiscard]] std::optional<std::string> read_queue_status_file();

} // namespace nfsieve
