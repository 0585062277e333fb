// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict_batch.h"

#include "mnl_handles.h"

#include <cstring>

namespace nfsieve {
namespace {

/// Header, verdict and mark: 16 + 4, 4 + 8, 4 + 4 bytes.
constexpr std::size_t largest_verdict = 40;

} // namespace

VerdictBatch::VerdictBatch(std::uint16_t queue, std::size_t expected) : queue_(queue) {
    bytes_.reserve(expected * largest_verdict);
}

void VerdictBatch::drop(std::uint32_t packet_id) {
    add(packet_id, NF_DROP, std::nullopt);
}

void VerdictBatch::accept(std::uint32_t packet_id, std::optional<std::uint32_t> mark) {
    add(packet_id, NF_ACCEPT, mark);
}

void VerdictBatch::repeat(std::uint32_t packet_id, std::uint32_t mark) {
    add(packet_id, NF_REPEAT, mark);
}

void VerdictBatch::clear() {
    bytes_.clear();
    count_ = 0;
}

void VerdictBatch::add(std::uint32_t packet_id, std::uint32_t verdict, std::optional<std::uint32_t> mark) {
    alignas(nlmsghdr) char message[largest_verdict] = {};
    nlmsghdr* const header = ::nfq_nlmsg_put(message, NFQNL_MSG_VERDICT, queue_);
    ::nfq_nlmsg_verdict_put(header, static_cast<int>(packet_id), static_cast<int>(verdict));
    if (mark)
        ::nfq_nlmsg_verdict_put_mark(header, *mark);
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(message);
    bytes_.insert(bytes_.end(), begin, begin + header->nlmsg_len);
    ++count_;
}

} // namespace nfsieve
