// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_inspector.h"

#include <algorithm>

namespace nfsieve {
namespace {

constexpr std::array<Side, 2> sides = {Side::client, Side::server};

} // namespace

FlowInspector::FlowInspector(const EngineConfig& config, const RuleSetSource& source, MemoryBudget& budget)
    : config_(config), source_(source), budget_(budget), generation_(source.generation()) {
    current_ = std::make_unique<StreamMatcher>(source.current(), budget_);
}

void FlowInspector::tick(Flows& flows, Time now) {
    if (source_.generation() != generation_)
        take(flows, now);
    else if (previous_ && now >= previous_until_)
        drop_previous(flows);
}

void FlowInspector::take(Flows& flows, Time now) {
    drop_previous(flows);
    generation_ = source_.generation();
    previous_ = std::move(current_);
    previous_until_ = now + config_.reload_grace;
    current_ = std::make_unique<StreamMatcher>(source_.current(), budget_);
    by_fingerprint_.clear();
    for (std::uint32_t rule = 0; rule < rules().rules().size(); ++rule)
        by_fingerprint_.emplace(rules().rules()[rule].fingerprint, rule);
}

void FlowInspector::drop_previous(Flows& flows) {
    if (!previous_)
        return;
    flows.for_each([&](Flow& flow) {
        refresh(flow);
        if (flow.previous)
            for (MatchStream& stream : *flow.previous)
                previous_->end(stream);
        flow.previous.reset();
    });
    previous_.reset();
}

void FlowInspector::begin(Flow& flow, bool whole) const {
    const std::uint16_t port = flow.header().server_port;
    flow.generation = generation_;
    for (const Side sender : sides)
        flow.stream(sender) = current_->begin(sender == Side::client, port, whole);
}

void FlowInspector::refresh(Flow& flow) {
    if (flow.generation == generation_)
        return;
    // Only the generation before the current one can be met here: take() visits all flows before it moves on.
    if (flow.state != FlowState::judging) {
        flow.generation = generation_;
        return;
    }
    auto old = std::make_unique<MatchStreams>(std::move(flow.streams));
    begin(flow, false);
    for (const Side sender : sides) {
        const auto at = static_cast<std::size_t>(sender);
        HalfStream& half = flow.connection.sent_by(sender);
        // Nothing sent yet: the new rules see the stream whole.
        flow.streams[at].whole = (*old)[at].whole && half.next() == 0;
        const auto fired_from = static_cast<std::uint32_t>(previous_->rules().patterns().size());
        for (const std::uint32_t mark : (*old)[at].marks)
            if (mark >= fired_from)
                if (const std::uint32_t* rule = in_current(mark - fired_from))
                    static_cast<void>(current_->mark_fired(flow.streams[at], *rule));
    }
    flow.previous = std::move(old);
}

void FlowInspector::restart(Flow& flow, Side sender) {
    const auto at = static_cast<std::size_t>(sender);
    const auto again = [at](StreamMatcher& matcher, MatchStreams& streams) {
        matcher.end(streams[at]);
        streams[at].fed = 0;
        streams[at].whole = false;
        streams[at].ended = false;
    };
    again(*current_, flow.streams);
    if (flow.previous)
        again(*previous_, *flow.previous);
}

void FlowInspector::end(Flow& flow) {
    StreamMatcher& own = flow.generation == generation_ ? *current_ : *previous_;
    for (MatchStream& stream : flow.streams)
        own.end(stream);
    if (flow.previous)
        for (MatchStream& stream : *flow.previous)
            previous_->end(stream);
    flow.previous.reset();
    flow.streams = MatchStreams();
    flow.generation = generation_;
}

FlowInspector::Outcome FlowInspector::feed(Flow& flow, Side sender, Bytes bytes,
                                           std::vector<Finding>& findings) {
    return step(flow, sender, Step::feed, bytes, findings);
}

FlowInspector::Outcome FlowInspector::finish(Flow& flow, Side sender, std::vector<Finding>& findings) {
    return step(flow, sender, Step::finish, {}, findings);
}

FlowInspector::Outcome FlowInspector::step(Flow& flow, Side sender, Step what, Bytes bytes,
                                           std::vector<Finding>& findings) {
    const auto at = static_cast<std::size_t>(sender);
    const auto run = [&](StreamMatcher& matcher, MatchStream& stream) {
        return what == Step::feed ? matcher.feed(stream, flow.header(), bytes, hits_)
                                  : matcher.finish(stream, flow.header(), hits_);
    };
    const std::size_t first = findings.size();

    hits_.clear();
    MatchStream& stream = flow.streams[at];
    const std::uint64_t before = stream.fed;
    if (const Outcome outcome = run(*current_, stream); outcome != Outcome::fine)
        return outcome;
    for (const Hit& hit : hits_)
        findings.push_back({hit.rule, hit.end - before, hit.end});

    if (!flow.previous)
        return Outcome::fine;
    hits_.clear();
    MatchStream& old = (*flow.previous)[at];
    const std::uint64_t old_before = old.fed;
    if (run(*previous_, old) != Outcome::fine) {
        // The current rules have their say all the same; the grace of the old ones ends early for this flow.
        for (MatchStream& gone : *flow.previous)
            previous_->end(gone);
        flow.previous.reset();
        return Outcome::fine;
    }
    for (const Hit& hit : hits_) {
        // A rule that the new set no longer has is no longer in force.
        const std::uint32_t* rule = in_current(hit.rule);
        if (rule == nullptr)
            continue;
        const auto known = std::find_if(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(),
                                        [&](const Finding& finding) { return finding.rule == *rule; });
        const Finding finding{*rule, hit.end - old_before, hit.end};
        if (known != findings.end())
            *known = finding.distance < known->distance ? finding : *known;
        else if (current_->mark_fired(stream, *rule))
            findings.push_back(finding);
    }
    std::sort(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(),
              [](const Finding& a, const Finding& b) {
                  return a.distance != b.distance ? a.distance < b.distance : a.rule < b.rule;
              });
    return Outcome::fine;
}

const std::uint32_t* FlowInspector::in_current(std::uint32_t previous_rule) const {
    const auto found = by_fingerprint_.find(previous_->rules().rules()[previous_rule].fingerprint);
    return found == by_fingerprint_.end() ? nullptr : &found->second;
}

} // namespace nfsieve
