// SPDX-License-Identifier: GPL-2.0-or-later
// What can be said of a rule once all of it is known.
#include "draft.h"

#include "nfsieve/base/wording.h"

#include <algorithm>
#include <limits>

namespace nfsieve::suricata {
namespace {

using Protocol = SignatureSpec::Protocol;

std::string said(const BufferView& view) {
    return std::string(info(view.buffer).name);
}

/// Buffers whose letters have one case: a content in the other case could never match.
void fold_case(const BufferView& view, std::vector<DraftCheck>& checks) {
    const bool lower = view.buffer == Buffer::tls_cert_fingerprint || view.buffer == Buffer::ja3_hash ||
                       view.buffer == Buffer::ja3s_hash;
    if (!view.transforms.empty() || (!lower && view.buffer != Buffer::tls_cert_serial))
        return;
    for (DraftCheck& check : checks)
        if (auto* content = std::get_if<ContentCheck>(&check.check.what))
            for (char& c : content->bytes)
                if (lower ? (c >= 'A' && c <= 'Z') : (c >= 'a' && c <= 'z'))
                    c = static_cast<char>(c ^ 0x20);
}

std::vector<Check> taken(std::vector<DraftCheck>&& drafts) {
    std::vector<Check> checks;
    checks.reserve(drafts.size());
    for (DraftCheck& draft : drafts) {
        if (auto* base64 = std::get_if<Base64Check>(&draft.check.what))
            base64->inside = taken(std::move(draft.inside));
        checks.push_back(std::move(draft.check));
    }
    return checks;
}

/// The largest size that a test lets pass.
std::uint64_t most(const NumberTest& test) {
    switch (test.op) {
    case NumberTest::Op::equal:
    case NumberTest::Op::less_equal:
        return test.first;
    case NumberTest::Op::less:
        return test.first == 0 ? 0 : test.first - 1;
    case NumberTest::Op::range:
        return test.last;
    default:
        return std::numeric_limits<std::uint64_t>::max();
    }
}

/// Every operand of a check, and the variable that it sets.
template <class Visit>
void visit_operands(const Check& check, Visit&& visit) {
    const auto field = [&](const ByteField& at) {
        visit(at.count);
        visit(at.offset);
    };
    std::visit(
        [&](const auto& what) {
            using What = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<What, ContentCheck>) {
                for (const auto* place : {&what.offset, &what.depth, &what.distance, &what.within})
                    if (*place)
                        visit(**place);
            } else if constexpr (std::is_same_v<What, IsDataAtCheck>) {
                visit(what.offset);
            } else if constexpr (std::is_same_v<What, ByteTestCheck> || std::is_same_v<What, ByteMathCheck>) {
                field(what.field);
                visit(what.value);
            } else if constexpr (std::is_same_v<What, ByteJumpCheck> ||
                                 std::is_same_v<What, ByteExtractCheck>) {
                field(what.field);
            }
        },
        check.what);
}

/// Notes which variables these checks set that can have one value only: no content or pcre stands before
/// them, of which another place might do as well.
void note_settled(const std::vector<DraftCheck>& checks, std::vector<bool>& settled) {
    for (const DraftCheck& check : checks) {
        const auto* content = std::get_if<ContentCheck>(&check.check.what);
        const auto* pcre = std::get_if<PcreCheck>(&check.check.what);
        if ((content != nullptr && !content->negated) || (pcre != nullptr && !pcre->negated))
            return;
        if (const auto* extract = std::get_if<ByteExtractCheck>(&check.check.what))
            settled[extract->variable] = true;
        if (const auto* math = std::get_if<ByteMathCheck>(&check.check.what))
            settled[math->variable] = true;
    }
}

} // namespace

void Draft::check_lengths(const DraftBuffer& buffer, const std::vector<DraftCheck>& checks) {
    std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    for (const DraftCheck& check : checks)
        if (const auto* size = std::get_if<SizeCheck>(&check.check.what))
            largest = std::min(largest, most(size->size));
    for (const DraftCheck& check : checks) {
        if (!check.inside.empty())
            check_lengths({}, check.inside);
        const auto* content = std::get_if<ContentCheck>(&check.check.what);
        if (content == nullptr)
            continue;
        const auto size = static_cast<std::int64_t>(content->bytes.size());
        const auto too_small = [&](const std::optional<Operand>& room, const char* word) {
            if (room && !room->variable && room->number < size)
                complain_at(check.at, std::string(word) + ": " + std::to_string(room->number) +
                                          " bytes cannot hold the content, which has " +
                                          std::to_string(size) + "; write " + std::to_string(size) +
                                          " or more");
        };
        too_small(content->depth, "depth");
        too_small(content->within, "within");
        if (!content->negated && content->bytes.size() > largest)
            complain_at(check.at, "content: has " + std::to_string(size) +
                                      " bytes, more than the size that the rule asks of the buffer (" +
                                      std::to_string(largest) + ")");
        if (buffer.view.buffer == Buffer::http_host && buffer.view.transforms.empty() && !content->nocase &&
            std::any_of(content->bytes.begin(), content->bytes.end(),
                        [](char c) { return c >= 'A' && c <= 'Z'; }))
            complain_at(check.at, "content: http.host has small letters only; write the content in small "
                                  "letters, or use http.host.raw");
    }
}

void Draft::check_variables(const std::vector<DraftCheck>& checks, std::vector<bool>& known) {
    for (const DraftCheck& check : checks) {
        visit_operands(check.check, [&](const Operand& operand) {
            if (operand.variable && !known[*operand.variable] && !unclear)
                complain_at(check.at, "the variable " + in_quotes(spec.variables[*operand.variable]) +
                                          " is set in another buffer; use it in the buffer that it comes "
                                          "from");
        });
        if (const auto* extract = std::get_if<ByteExtractCheck>(&check.check.what))
            known[extract->variable] = true;
        if (const auto* math = std::get_if<ByteMathCheck>(&check.check.what))
            known[math->variable] = true;
        check_variables(check.inside, known);
    }
}

void Draft::check_dsize() {
    std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    for (const NumberTest& test : spec.dsize)
        largest = std::min(largest, most(test));
    for (const DraftBuffer& buffer : buffers)
        for (const DraftCheck& check : buffer.checks)
            if (const auto* content = std::get_if<ContentCheck>(&check.check.what);
                content != nullptr && buffer.view == BufferView{} && !content->negated &&
                content->bytes.size() > largest)
                complain_at(check.at, "content: has " + std::to_string(content->bytes.size()) +
                                          " bytes, more than dsize allows (" + std::to_string(largest) + ")");
}

void Draft::finish_buffers() {
    close_sticky();
    std::erase_if(buffers, [](const DraftBuffer& buffer) { return buffer.checks.empty(); });
    // What once was first in the payload may have moved to another buffer since.
    for (DraftBuffer& buffer : buffers)
        if (buffer.view == BufferView{})
            buffer.at = buffer.checks.front().at;
    std::stable_sort(buffers.begin(), buffers.end(),
                     [](const DraftBuffer& a, const DraftBuffer& b) { return a.at < b.at; });
    std::size_t fast_patterns = 0;
    const std::vector<bool> nothing(spec.variables.size(), false);
    std::vector<bool> of_headers = nothing; // what the packet's headers just before this buffer have set
    for (DraftBuffer& buffer : buffers) {
        fold_case(buffer.view, buffer.checks);
        check_lengths(buffer, buffer.checks);
        std::vector<bool> known = is_packet_header(buffer.view.buffer) ? of_headers : nothing;
        check_variables(buffer.checks, known);
        if (is_packet_header(buffer.view.buffer))
            note_settled(buffer.checks, of_headers);
        else
            of_headers = nothing;
        for (const DraftCheck& check : buffer.checks)
            if (const auto* content = std::get_if<ContentCheck>(&check.check.what);
                content != nullptr && content->fast_pattern && ++fast_patterns == 2)
                complain_at(check.at, "fast_pattern: stands twice in the rule; choose one content");
    }
    check_dsize();
}

void Draft::finish_protocol() {
    const Demand* http = of_http.empty() ? nullptr : &of_http.front();
    const Demand* tls = of_tls.empty() ? nullptr : &of_tls.front();
    std::vector<Demand> named;
    named.reserve(buffers.size());
    for (const DraftBuffer& buffer : buffers) {
        const AppProtocol protocol = info(buffer.view.buffer).protocol;
        if (protocol == AppProtocol::none)
            continue;
        named.push_back({said(buffer.view), buffer.at});
        const Demand*& demand = protocol == AppProtocol::http ? http : tls;
        if (demand == nullptr)
            demand = &named.back();
    }
    if (http != nullptr && tls != nullptr) {
        complain_at(tls->at, tls->keyword + ": is about TLS and " + http->keyword +
                                 " about HTTP; a stream is one of them, so write two rules");
        return;
    }
    const Demand* demand = http != nullptr ? http : tls;
    if (demand == nullptr)
        return;
    const Protocol implied = http != nullptr ? Protocol::http : Protocol::tls;
    const char* word = http != nullptr ? "http" : "tls";
    if (spec.protocol == Protocol::tcp_packet)
        complain_at(demand->at, demand->keyword + ": does not come packet by packet; write " +
                                    std::string(word) + " in place of tcp-pkt");
    else if ((spec.protocol == Protocol::http || spec.protocol == Protocol::tls) && spec.protocol != implied)
        complain_at(demand->at,
                    demand->keyword + ": is no part of the rule's protocol; write " + word + " there");
    if (spec.protocol == Protocol::tcp_stream)
        spec.only_stream = true;
    spec.protocol = implied;
}

void Draft::finish_direction() {
    std::vector<Demand> to_server;
    for (const DraftBuffer& buffer : buffers) {
        const BufferInfo& has = info(buffer.view.buffer);
        if (has.to_server && !has.to_client)
            to_server.push_back({said(buffer.view), buffer.at});
        else if (has.to_client && !has.to_server)
            to_client.push_back({said(buffer.view), buffer.at});
    }
    if (!to_server.empty() && !to_client.empty()) {
        complain_at(to_client.front().at,
                    to_client.front().keyword + ": is what a server sends, but " + to_server.front().keyword +
                        " is what a client sends; write two rules and connect them with "
                        "flowbits");
    } else if (!to_server.empty() && !spec.to_server) {
        complain_at(to_server.front().at,
                    to_server.front().keyword + ": is what a client sends; write flow:to_server");
    } else if (!to_client.empty() && !spec.to_client) {
        complain_at(to_client.front().at,
                    to_client.front().keyword + ": is what a server sends; write flow:to_client");
    } else if (!to_server.empty() || !to_client.empty()) {
        spec.to_server = !to_server.empty();
        spec.to_client = !to_client.empty();
    }
}

void Draft::finish_packets() {
    if (spec.protocol == Protocol::tcp_packet)
        packets.push_back({"tcp-pkt", 0});
    bool app = !of_http.empty() || !of_tls.empty();
    bool placed = false, payload = false;
    for (const DraftBuffer& buffer : buffers) {
        app = app || info(buffer.view.buffer).protocol != AppProtocol::none;
        if (buffer.view.buffer != Buffer::payload)
            continue;
        payload = true;
        for (const DraftCheck& check : buffer.checks)
            if (const auto* content = std::get_if<ContentCheck>(&check.check.what))
                placed = placed || content->offset || content->depth;
    }
    if (!packets.empty()) {
        const Demand& packet = packets.front();
        if (spec.only_stream || spec.protocol == Protocol::tcp_stream)
            complain_at(packet.at, packet.keyword +
                                       ": is of a packet, but the rule looks at the stream alone; "
                                       "write tcp, and no only_stream");
        else if (app && packet.keyword != "tcp-pkt")
            complain_at(packet.at, packet.keyword + ": is of a packet, but the rule looks at what is parsed "
                                                    "out of the stream; write two rules");
    }
    const bool stream_only = spec.only_stream || spec.protocol == Protocol::tcp_stream;
    spec.packet_bound =
        !spec.dsize.empty() || (!stream_only && payload && (placed || !spec.stream_size.empty()));
}

void Draft::finish() {
    finish_buffers();
    finish_protocol();
    finish_direction();
    finish_packets();
    if (!has_sid)
        complain_at(0, "the rule has no sid; give it one of its own");
    if (priority)
        spec.label.severity = *priority;
    if (spec.label.signature.empty())
        spec.label.signature = spec.label.id;
    // As in Suricata, a pass rule is silent unless it says "alert".
    if (spec.action == Action::accept && !wants_alert)
        spec.noalert = true;
    for (DraftBuffer& buffer : buffers)
        spec.buffers.push_back({std::move(buffer.view), taken(std::move(buffer.checks)), place(buffer.at)});
    buffers.clear();
}

} // namespace nfsieve::suricata
