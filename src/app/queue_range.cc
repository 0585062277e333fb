// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/queue_range.h"

#include <charconv>
#include <optional>

namespace nfsieve {

namespace {

std::optional<std::uint32_t> whole_number(std::string_view text) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

} // namespace

std::string QueueRange::to_string() const {
    if (count == 1)
        return std::to_string(first);
    return std::to_string(first) + "-" + std::to_string(first + count - 1);
}

Result<QueueRange> parse_queue_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = whole_number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number(text.substr(dash + 1));
    const std::string quoted = "\"" + std::string(text) + "\"";
    if (!first || !last)
        return Error{quoted +
                     " is not a queue range; write one number such as \"0\" or a range such as \"0-3\""};
    if (*last > 65535)
        return Error{quoted + " goes beyond the last queue number, 65535"};
    if (*first > *last)
        return Error{quoted + " runs backwards; write \"" + std::to_string(*last) + "-" +
                     std::to_string(*first) + "\""};
    if (*last - *first >= max_queues)
        return Error{quoted + " names more than " + std::to_string(max_queues) +
                     " queues; each is a worker thread, so one for each CPU is plenty"};
    return QueueRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last - *first + 1)};
}

} // namespace nfsieve
