// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_inspector.h"

#include <algorithm>

namespace nfsieve {
namespace {

constexpr std::array<Side, 2> sides = {Side::client, Side::server};

} // namespace

/// The bytes at hand, or the end of a stream.
struct FlowInspector::Piece {
    Flow& flow;
    Side sender;
    Bytes bytes;
    bool last; ///< no bytes: the sender's stream ends
    const PacketFacts& packet;
    std::uint64_t before = 0, old_before = 0; ///< where it begins in the stream, as each generation counts
};

/// Tells the signatures of both generations what the parser reads.
class FlowInspector::Listener final : public TransactionListener {
public:
    Listener(FlowInspector& inspector, const Piece& piece, const SignatureContext& context)
        : piece_(piece), context_(context), ends_(inspector.message_ends_) {
        if (piece.flow.accept_is_decided(piece.sender))
            ends_.accept = 0;
        add(*inspector.current_, piece.flow.streams, piece.before, 0);
        if (piece.flow.previous)
            add(*inspector.previous_, *piece.flow.previous, piece.old_before, 1);
    }

    [[nodiscard]] bool failed() const { return failed_; }

    void on_stage(Transaction& transaction, Side sender, Stage reached) override {
        update();
        for (const Target& target : targets())
            note(target.generation->signatures.on_stage(*target.flow, transaction, sender, reached,
                                                        target.at(*this), context_of(target),
                                                        target.generation->hits));
        FlowApp& app = *piece_.flow.app;
        app.reached[index(sender)] = std::max(app.reached[index(sender)], reached);
        if (!ends_.accept && piece_.flow.accept_is_decided(piece_.sender))
            ends_.accept = distance();
    }
    void on_body(Transaction& transaction, Side sender, std::size_t fresh) override {
        update();
        for (const Target& target : targets())
            note(target.generation->signatures.on_body(*target.flow, transaction, sender, fresh,
                                                       target.at(*this), context_of(target),
                                                       target.generation->hits));
    }
    void on_event(Transaction* transaction, Side sender, std::string_view name) override {
        update();
        for (const Target& target : targets())
            target.generation->signatures.on_event(*target.flow, transaction, sender, name, target.at(*this),
                                                   context_of(target), target.generation->hits);
    }
    void on_ambiguous_end(Side) override { ends_.ambiguous = ends_.ambiguous.value_or(distance()); }
    void on_end(Transaction& transaction) override {
        for (const Target& target : targets())
            SignatureMatcher::on_end(*target.flow, transaction);
    }

private:
    struct Target {
        Generation* generation = nullptr;
        SignatureFlow* flow = nullptr;
        std::uint64_t before = 0; ///< stream offset of the piece
        std::size_t number = 0;   ///< SignatureContext::generation
        [[nodiscard]] std::uint64_t at(const Listener& listener) const {
            return before + listener.distance();
        }
    };

    /// Up to what is parsed; at the earliest the first byte at hand, which made it possible.
    [[nodiscard]] std::uint64_t distance() const {
        const std::size_t parsed = piece_.flow.app->layer.consumed();
        return std::clamp<std::size_t>(parsed, piece_.bytes.empty() ? 0 : 1, piece_.bytes.size());
    }

    void add(Generation& generation, MatchStreams& streams, std::uint64_t before, std::size_t number) {
        if (streams.signatures)
            targets_[count_++] = {&generation, streams.signatures.get(), before, number};
    }
    [[nodiscard]] const SignatureContext& context_of(const Target& target) {
        context_.generation = target.number;
        return context_;
    }
    [[nodiscard]] std::span<const Target> targets() const { return std::span(targets_).first(count_); }
    void note(SignatureMatcher::Outcome outcome) {
        failed_ = failed_ || outcome == SignatureMatcher::Outcome::failed;
    }
    void update() {
        context_.protocol = piece_.flow.app->layer.protocol();
        context_.detecting = false;
    }

    const Piece& piece_;
    SignatureContext context_;
    MessageEnds& ends_;
    std::array<Target, 2> targets_;
    std::size_t count_ = 0;
    bool failed_ = false;
};

FlowInspector::FlowInspector(const EngineConfig& config, const RuleSetSource& source, MemoryBudget& budget,
                             HostTable& hosts)
    : config_(config), source_(source), budget_(budget), hosts_(hosts), parsers_(config.parsers),
      generation_(static_cast<std::uint32_t>(source.generation())) {
    current_ = std::make_unique<Generation>(source.current(), budget_, hosts_, config_.signatures);
    for (std::uint32_t rule = 0; rule < rules().rules().size(); ++rule)
        by_fingerprint_.emplace(rules().rules()[rule].fingerprint, rule);
}

void FlowInspector::tick(Flows& flows, Time now) {
    if (static_cast<std::uint32_t>(source_.generation()) != generation_)
        take(flows, now);
    else if (previous_ && now >= previous_until_)
        drop_previous(flows);
    mark_generation_ = source_.mark_generation(generation_);
}

void FlowInspector::take(Flows& flows, Time now) {
    drop_previous(flows);
    generation_ = static_cast<std::uint32_t>(source_.generation());
    previous_ = std::move(current_);
    previous_until_ = now + config_.reload_grace;
    current_ = std::make_unique<Generation>(source_.current(), budget_, hosts_, config_.signatures);
    if (!judge_alike(*previous_->rules, *current_->rules))
        changed_ = generation_;
    by_fingerprint_.clear();
    for (std::uint32_t rule = 0; rule < rules().rules().size(); ++rule)
        by_fingerprint_.emplace(rules().rules()[rule].fingerprint, rule);
}

void FlowInspector::drop_previous(Flows& flows) {
    if (!previous_)
        return;
    flows.for_each([&](Flow& flow) {
        refresh(flow);
        drop_previous_of(flow);
    });
    given_up_before_ += previous_->given_up();
    previous_.reset();
}

std::uint64_t FlowInspector::checks_given_up() const {
    return given_up_before_ + current_->given_up() + (previous_ ? previous_->given_up() : 0);
}

void FlowInspector::drop_previous_of(Flow& flow) {
    if (!flow.previous)
        return;
    for (MatchStream& stream : flow.previous->by_sender)
        previous_->streams.end(stream);
    flow.previous.reset();
    budget_.release(previous_cost);
}

void FlowInspector::begin(Flow& flow, bool whole) const {
    const std::uint16_t port = flow.header().server_port;
    flow.generation = generation_;
    flow.end = {};
    for (const Side sender : sides) {
        MatchStream& stream = flow.stream(sender);
        stream = current_->streams.begin(sender == Side::client, port, whole);
        // A parser must hear both ends.
        stream.concerned = stream.concerned || current_->signatures.concerns(Side::client, port) ||
                           current_->signatures.concerns(Side::server, port);
    }
}

void FlowInspector::take_over(Flow& flow) {
    // Only the generation before the current one can be met here: take() visits all flows before it moves on.
    if (flow.state != FlowState::judging)
        return;
    auto old = std::make_unique<MatchStreams>(std::move(flow.streams));
    flow.streams = MatchStreams();
    begin(flow, false);
    for (const Side sender : sides) {
        const auto at = index(sender);
        HalfStream& half = flow.connection.sent_by(sender);
        // Nothing sent yet: the new rules see the stream whole.
        flow.streams[at].whole =
            (*old)[at].whole && half.next() == 0 && (sender == Side::server || !flow.early());
        const auto fired_from = static_cast<std::uint32_t>(previous_->rules->patterns().size());
        for (const std::uint32_t mark : (*old)[at].marks.values())
            if (mark >= fired_from)
                if (const std::uint32_t* rule = in_current(mark - fired_from))
                    static_cast<void>(current_->streams.mark_fired(flow.streams[at], *rule));
        if (old->signatures)
            for (const std::uint32_t fired : old->signatures->fired[at])
                if (const std::uint32_t* rule = in_current(fired)) {
                    if (!flow.streams.signatures)
                        flow.streams.signatures = std::make_unique<SignatureFlow>();
                    static_cast<void>(SignatureMatcher::mark_fired(*flow.streams.signatures, sender, *rule));
                }
    }
    flow.previous = std::move(old);
    budget_.take(previous_cost);
}

bool FlowInspector::is_final(Flow& flow) const {
    if (flow.previous)
        return false;
    if (!flow.end.known)
        find_end(flow);
    for (const Side sender : sides) {
        const MatchStream& stream = flow.streams[index(sender)];
        // A FIN that its receiver has not acknowledged may never have come there.
        if (!flow.connection.sent_by(sender).fin_acknowledged() && stream.fed < config_.depth &&
            (stream.reach == FlowEnd::never || stream.fed < stream.reach))
            return false;
    }
    return transactions_are_over(flow);
}

void FlowInspector::find_end(Flow& flow) const {
    const Finality& finality = rules().finality();
    const Header header = flow.header();
    const auto concerned = [&](const Keeper& keeper) {
        return rules().rules()[keeper.rule].header_matches(header.client, header.client_port, header.server,
                                                           header.server_port);
    };
    for (const Side sender : sides) {
        const auto keepers = finality.payload(sender == Side::client, header.server_port, flow.encrypted);
        const auto last = std::find_if(keepers.begin(), keepers.end(), concerned);
        MatchStream& stream = flow.streams[index(sender)];
        stream.reach = 0;
        if (last == keepers.end())
            continue;
        // What is bound to the start of a stream is not found in one that was picked up.
        if (last->reach >= FlowEnd::never)
            stream.reach = FlowEnd::never;
        else if (stream.whole)
            stream.reach = static_cast<std::uint32_t>(last->reach);
    }
    const auto reads = [&](AppProtocol protocol) {
        const auto keepers = finality.transactions(protocol);
        return std::any_of(keepers.begin(), keepers.end(), concerned);
    };
    flow.end.known = true;
    flow.end.http = reads(AppProtocol::http);
    flow.end.tls = reads(AppProtocol::tls);
}

/// A parser that gave up leaves the flow to the rules about payload.
bool FlowInspector::transactions_are_over(const Flow& flow) {
    if ((!flow.end.http && !flow.end.tls) || flow.encrypted)
        return true;
    if (!flow.app)
        return false;
    switch (flow.app->layer.state()) {
    case AppLayer::State::detecting:
        return false;
    case AppLayer::State::parsing:
        return !(flow.app->layer.protocol() == AppProtocol::http ? flow.end.http : flow.end.tls);
    case AppLayer::State::over:
    case AppLayer::State::encrypted:
    case AppLayer::State::failed:
    case AppLayer::State::none:
        break;
    }
    return true;
}

void FlowInspector::restart(Flow& flow, Side sender) {
    const auto at = index(sender);
    flow.end = {}; // the stream is not whole any more
    const auto again = [&](Generation& generation, MatchStreams& streams) {
        generation.streams.end(streams[at]);
        streams[at].fed = 0;
        streams[at].whole = false;
        streams[at].ended = false;
        if (streams.signatures)
            SignatureMatcher::restart(*streams.signatures, sender);
    };
    again(*current_, flow.streams);
    if (flow.previous)
        again(*previous_, *flow.previous);
    if (flow.app)
        flow.app->layer.lose();
}

std::size_t FlowInspector::compress(Flow& flow) {
    std::size_t freed = 0;
    if (flow.generation == generation_) // the others are brought up to date with their next packet
        for (MatchStream& stream : flow.streams.by_sender)
            freed += current_->streams.compress(stream);
    return freed;
}

void FlowInspector::end(Flow& flow) {
    give_back(flow);
    flow.generation = generation_;
}

void FlowInspector::give_back(Flow& flow) {
    // Null for a flow that no rules have begun with.
    Generation* const own = flow.generation == generation_ ? current_.get() : previous_.get();
    if (own != nullptr)
        for (MatchStream& stream : flow.streams.by_sender)
            own->streams.end(stream);
    drop_previous_of(flow);
    flow.streams = MatchStreams();
    if (flow.app)
        budget_.release(flow.app->charged);
    flow.app.reset();
}

FlowInspector::Outcome FlowInspector::feed(Flow& flow, Side sender, Bytes bytes, const PacketFacts& packet,
                                           std::vector<Finding>& findings) {
    Piece piece{flow, sender, bytes, false, packet, 0, 0};
    return judge(piece, findings);
}

FlowInspector::Outcome FlowInspector::finish(Flow& flow, Side sender, const PacketFacts& packet,
                                             std::vector<Finding>& findings) {
    Piece piece{flow, sender, {}, true, packet, 0, 0};
    return judge(piece, findings);
}

FlowInspector::Outcome FlowInspector::judge(Piece& piece, std::vector<Finding>& findings) {
    Flow& flow = piece.flow;
    message_ends_ = {};
    if (flow.app && flow.app->owing && !charge(flow))
        return Outcome::no_memory;
    current_->hits.clear();
    piece.before = flow.streams[index(piece.sender)].fed;
    if (const Outcome outcome = judge_stream(*current_, flow.streams, piece); outcome != Outcome::fine)
        return outcome;
    if (flow.previous) {
        previous_->hits.clear();
        piece.old_before = (*flow.previous)[index(piece.sender)].fed;
        // The current rules have their say all the same; the grace of the old ones ends early for this flow.
        if (judge_stream(*previous_, *flow.previous, piece) != Outcome::fine)
            drop_previous_of(flow);
    }
    if (!judge_signatures(piece))
        return Outcome::failed;
    if (flow.app)
        flow.app->owing = !charge(flow);
    if (current_->hits.empty() && !flow.previous)
        return Outcome::fine;
    const std::size_t first = findings.size();
    collect(piece.before, findings);
    if (flow.previous)
        collect_previous(piece, first, findings);
    sort(findings, first);
    return Outcome::fine;
}

FlowInspector::Outcome FlowInspector::judge_stream(Generation& generation, MatchStreams& streams,
                                                   const Piece& piece) {
    MatchStream& stream = streams[index(piece.sender)];
    return piece.last ? generation.streams.finish(stream, piece.flow.header(), generation.hits)
                      : generation.streams.feed(stream, piece.flow.header(), piece.bytes, generation.hits);
}

FlowApp& FlowInspector::app_of(Flow& flow) {
    if (!flow.app)
        flow.app = std::make_unique<FlowApp>(
            FlowApp{AppLayer(parsers_, rules().signatures().parsed(), flow.stream(Side::client).whole), {}});
    return *flow.app;
}

SignatureContext FlowInspector::context_of(Flow& flow, const PacketFacts& packet) const {
    SignatureContext context;
    context.segment = packet.segment;
    context.variables = &flow.app->variables;
    for (const Side sender : sides)
        context.sent[index(sender)] = flow.stream(sender).fed;
    context.protocol = flow.app->layer.protocol();
    context.detecting = flow.app->layer.state() == AppLayer::State::detecting;
    // Who reads data that came with a SYN reads it on an established connection.
    context.established = flow.connection.established() || packet.early;
    context.resumed = packet.resumed;
    context.flow = flow.hash;
    context.now = packet.now;
    return context;
}

/// False where a matcher failed.
bool FlowInspector::judge_signatures(const Piece& piece) {
    Flow& flow = piece.flow;
    if (rules().signatures().empty() && (!flow.previous || !flow.previous->signatures))
        return true;
    const bool encrypted = flow.encrypted;
    if (encrypted && passes_over(*current_) && (!flow.previous || passes_over(*previous_)))
        return true;
    FlowApp& app = app_of(flow);
    if (!flow.streams.signatures && !rules().signatures().empty())
        flow.streams.signatures = std::make_unique<SignatureFlow>();
    const Header header = flow.header();
    SignatureContext context = context_of(flow, piece.packet);
    context.header = &header;

    struct Turn {
        Generation* generation;
        MatchStreams* streams;
        std::uint64_t offset;
    };
    const std::array<Turn, 2> turns = {Turn{current_.get(), &flow.streams, piece.before},
                                       Turn{previous_.get(), flow.previous.get(), piece.old_before}};
    if (flow.previous) {
        done_.begin();
        context.done = &done_;
    }
    const auto each = [&](const auto& visit) {
        for (std::size_t at = 0; at < turns.size(); ++at) {
            const Turn& turn = turns[at];
            context.generation = at;
            if (turn.streams != nullptr && turn.streams->signatures &&
                !(encrypted && passes_over(*turn.generation)))
                if (!visit(turn, turn.generation->signatures, *turn.streams->signatures))
                    return false;
        }
        return true;
    };
    const bool found = each([&](const Turn& turn, SignatureMatcher& matcher, SignatureFlow& kept) {
        return piece.last || matcher.find_payload(kept, piece.sender, piece.bytes, turn.offset, context) ==
                                 SignatureMatcher::Outcome::fine;
    });
    if (!found)
        return false;
    Listener listener(*this, piece, context);
    if (piece.last)
        app.layer.finish(piece.sender, listener);
    else
        app.layer.feed(piece.sender, piece.bytes, listener);
    if (flow.stream(piece.sender).fed >= config_.depth)
        app.layer.mute(piece.sender, listener);
    if (listener.failed())
        return false;
    // How the bytes are cut does not change what is judged of them.
    std::size_t clear = piece.bytes.size();
    if (!encrypted && app.layer.state() == AppLayer::State::encrypted) {
        flow.encrypted = true;
        flow.end.known = false; // fewer rules can match
        clear = app.layer.in_the_clear();
    }
    context.protocol = app.layer.protocol();
    context.detecting = app.layer.state() == AppLayer::State::detecting;
    context.parsing = app.layer.state() == AppLayer::State::parsing;
    if (piece.last)
        return true;
    return each([&](const Turn& turn, SignatureMatcher& matcher, SignatureFlow& kept) {
        const Bytes bytes = passes_over(*turn.generation) ? piece.bytes.first(clear) : piece.bytes;
        matcher.judge_payload(kept, piece.sender, bytes, turn.offset, context, turn.generation->hits);
        return true;
    });
}

SignatureFlow& FlowInspector::kept_of(Flow& flow) {
    static_cast<void>(app_of(flow));
    if (!flow.streams.signatures)
        flow.streams.signatures = std::make_unique<SignatureFlow>();
    return *flow.streams.signatures;
}

void FlowInspector::judge_packet(Flow& flow, Side sender, bool passes, const PacketFacts& packet,
                                 std::vector<Finding>& findings) {
    SignatureFlow& kept = kept_of(flow);
    const Header header = flow.header();
    SignatureContext context = context_of(flow, packet);
    context.header = &header;
    current_->hits.clear();
    const std::uint64_t offset = flow.stream(sender).fed;
    current_->signatures.judge_packet(kept, sender, offset, passes, context, current_->hits);
    const std::size_t first = findings.size();
    collect(offset, findings);
    sort(findings, first);
}

FlowInspector::Outcome FlowInspector::judge_lone(Flow& flow, Side sender, const PacketFacts& packet,
                                                 bool tracked, std::vector<Finding>& findings) {
    if (flow.encrypted && passes_over(*current_))
        return Outcome::fine;
    SignatureFlow& kept = kept_of(flow);
    const Header header = flow.header();
    SignatureContext context = context_of(flow, packet);
    context.header = &header;
    context.established = context.established && tracked;
    current_->hits.clear();
    const std::uint64_t offset = flow.stream(sender).fed;
    if (current_->signatures.judge_lone(kept, sender, packet.segment->payload, tracked, offset, context,
                                        current_->hits) != SignatureMatcher::Outcome::fine)
        return Outcome::failed;
    const std::size_t first = findings.size();
    collect(offset, findings);
    sort(findings, first);
    return Outcome::fine;
}

/// What signatures keep of the flow is known behind a piece of it: a flow that went over the budget is fed no
/// more until there is room.
bool FlowInspector::charge(Flow& flow) {
    FlowApp& app = *flow.app;
    std::size_t wanted = sizeof(FlowApp) + app.layer.memory() + app.variables.memory();
    if (flow.streams.signatures)
        wanted += flow.streams.signatures->memory();
    if (flow.previous && flow.previous->signatures)
        wanted += flow.previous->signatures->memory();
    if (wanted > app.charged && !budget_.charge(wanted - app.charged))
        return false;
    if (wanted < app.charged)
        budget_.release(app.charged - wanted);
    app.charged = wanted;
    return true;
}

void FlowInspector::collect(std::uint64_t before, std::vector<Finding>& findings) const {
    // Of what the bytes at hand say of one transaction, a pass rule decides where the first rule does.
    for (Hit& hit : current_->hits)
        if (hit.transaction != 0 && rules().rules()[hit.rule].action == Action::accept)
            for (const Hit& other : current_->hits)
                if (other.transaction == hit.transaction)
                    hit.end = std::min(hit.end, other.end);
    for (const Hit& hit : current_->hits)
        findings.push_back({hit.rule, hit.end - std::min(hit.end, before), hit.end, hit.silent});
}

/// `first`: the findings of this call begin there.
void FlowInspector::collect_previous(const Piece& piece, std::size_t first, std::vector<Finding>& findings) {
    MatchStreams& streams = piece.flow.streams;
    for (const Hit& hit : previous_->hits) {
        // A rule that the new set no longer has is no longer in force.
        const std::uint32_t* rule = in_current(hit.rule);
        if (rule == nullptr)
            continue;
        const Finding finding{*rule, hit.end - std::min(hit.end, piece.old_before), hit.end, hit.silent};
        const auto known = std::find_if(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(),
                                        [&](const Finding& other) { return other.rule == *rule; });
        if (known != findings.end())
            *known = finding.distance < known->distance ? finding : *known;
        else if (*rule < rules().signatures().first_rule()
                     ? current_->streams.mark_fired(streams[index(piece.sender)], *rule)
                     : streams.signatures &&
                           SignatureMatcher::mark_fired(*streams.signatures, piece.sender, *rule))
            findings.push_back(finding);
    }
}

void FlowInspector::sort(std::vector<Finding>& findings, std::size_t first) const {
    std::sort(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(),
              [&](const Finding& a, const Finding& b) {
                  return a.distance != b.distance
                             ? a.distance < b.distance
                             : rules().rules()[a.rule].order < rules().rules()[b.rule].order;
              });
}

const std::uint32_t* FlowInspector::in_current(std::uint32_t previous_rule) const {
    const auto found = by_fingerprint_.find(previous_->rules->rules()[previous_rule].fingerprint);
    return found == by_fingerprint_.end() ? nullptr : &found->second;
}

} // namespace nfsieve
