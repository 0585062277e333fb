// SPDX-License-Identifier: GPL-2.0-or-later
#include "resets.h"

namespace nfsieve {
namespace {

constexpr std::uint8_t resets_per_flow = 16;
/// A flood of strangers is not answered one by one.
constexpr std::size_t unknown_resets_a_batch = 16;

void reset(Flow& flow, Side told, std::uint32_t sequence, std::uint32_t acknowledgment,
           std::vector<ResetRequest>& resets) {
    if (flow.resets == resets_per_flow || flow.spared() == told)
        return;
    ++flow.resets;
    const Header header = flow.header();
    ResetRequest request;
    const bool client = told == Side::client;
    request.source = client ? header.server : header.client;
    request.source_port = client ? header.server_port : header.client_port;
    request.destination = client ? header.client : header.server;
    request.destination_port = client ? header.client_port : header.server_port;
    request.sequence = sequence;
    request.acknowledgment = acknowledgment;
    resets.push_back(request);
}

} // namespace

void reset_sender(Flow& flow, Side from, const Segment& segment, std::vector<ResetRequest>& resets) {
    const HalfStream& mine = flow.connection.sent_by(from);
    // What it says it expects next. To a SYN the answer acknowledges the SYN (RFC 9293 section 3.10.7.1).
    if (segment.has(tcp_flag::ack))
        reset(flow, from, segment.acknowledgment,
              mine.synchronised() ? mine.next_sequence() : segment.sequence + segment.sequence_length(),
              resets);
    else
        reset(flow, from, 0, segment.sequence + segment.sequence_length(), resets);
}

void reset_both_ends(Flow& flow, Side from, const Segment& segment, std::vector<ResetRequest>& resets) {
    const HalfStream& mine = flow.connection.sent_by(from);
    const HalfStream& peer = flow.connection.sent_by(other(from));
    const bool first = flow.resets == 0;
    reset_sender(flow, from, segment, resets);
    if (!first)
        return;
    // The receiver: behind all that was let through. Where some of that got lost on the way it answers with
    // its own number, and that answer is answered as above. Of a stream that has not begun nothing is known
    // but what its sender says.
    if (mine.synchronised())
        reset(flow, other(from), mine.next_sequence(), peer.synchronised() ? peer.next_sequence() : 0,
              resets);
    else if (segment.has(tcp_flag::ack))
        reset(flow, other(from), segment.sequence, segment.acknowledgment, resets);
}

void reset_unknown(const Segment& segment, std::vector<ResetRequest>& resets) {
    if (segment.has(tcp_flag::rst) || segment.source_port == 0 || resets.size() >= unknown_resets_a_batch)
        return;
    const std::uint32_t end = segment.sequence + segment.sequence_length();
    const bool acknowledges = segment.has(tcp_flag::ack);
    resets.push_back({segment.destination, segment.source, segment.destination_port, segment.source_port,
                      acknowledges ? segment.acknowledgment : 0, end});
    if (acknowledges)
        resets.push_back({segment.source, segment.destination, segment.source_port, segment.destination_port,
                          segment.sequence, segment.acknowledgment});
}

} // namespace nfsieve
