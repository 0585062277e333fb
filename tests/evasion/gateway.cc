// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway.h"

#include "rules.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <cstdio>

namespace nfsieve::evasion {
namespace {

/// The rules of nftables/gateway.nft that say which connections have been shown: all but a RST or SYN|ACK
/// does it.
bool marks_connection(Bytes packet) {
    const std::size_t flags = (packet.empty() || packet[0] >> 4 == 4 ? 20U : 40U) + 13U;
    if (packet.size() <= flags)
        return false;
    const unsigned set = packet[flags] & (flag::syn | flag::ack | flag::rst);
    return set == flag::ack || set == flag::syn; // without ACK it is invalid to conntrack
}

} // namespace

std::shared_ptr<const RuleSet> compile_rules() {
    const ReadRules read = read_rules(rule_file, "rules.h");
    const Compiled compiled = compile(read.specs);
    for (const auto* errors : {&read.errors, &compiled.errors})
        for (const RuleError& error : *errors)
            std::fprintf(stderr, "%s\n", error.to_string().c_str());
    return read.errors.empty() ? compiled.rules : nullptr;
}

Gateway::Gateway(std::shared_ptr<const RuleSet> rules, std::size_t held_per_flow) : rules_(std::move(rules)) {
    config_.flow_memory = std::size_t{1} << 20;
    config_.held_memory = std::size_t{16} << 20;
    config_.held_per_flow = held_per_flow;
    engine_ = make_engine(config_, rules_, {&counters_, &events_, nullptr});
    // Anything at all: from now on the engine knows how long it has been running.
    static_cast<void>(passes({}, false));
}

void Gateway::begin_connection() {
    wait(config_.established_timeout + std::chrono::hours(1));
    mark_ = 0;
}

bool Gateway::passes(Bytes bytes, bool tracked) {
    now_ += std::chrono::microseconds(50);
    Packet packet;
    packet.data = bytes;
    packet.time = now_;
    packet.mark = mark_;
    packet.verify_checksum = true;
    if (tracked && marks_connection(bytes))
        mark_ = config_.marks.seen();
    const Decision decision = engine_->judge(packet);
    engine_->settle();
    return decision.verdict == Verdict::accept;
}

void Gateway::wait(Duration duration) {
    now_ += duration;
    // As often as it takes to bring a flow to the end of its list and out of it.
    for (int i = 0; i < 4; ++i)
        engine_->tick(now_);
}

} // namespace nfsieve::evasion
