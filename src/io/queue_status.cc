// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/queue_status.h"

#include <fstream>
#include <iterator>
#include <sstream>

namespace nfsieve {

std::optional<QueueStatus> parse_queue_status(std::string_view text, std::uint16_t queue) {
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::uint64_t number = 0, copy_mode = 0, copy_range = 0;
        QueueStatus status;
        fields >> number >> status.port_id >> status.waiting >> copy_mode >> copy_range >> status.dropped >>
            status.user_dropped >> status.sequence;
        if (fields && number == queue)
            return status;
    }
    return std::nullopt;
}

std::optional<std::string> read_queue_status_file() {
    std::ifstream file("/proc/thread-self/net/netfilter/nfnetlink_queue");
    if (!file)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

} // namespace nfsieve
