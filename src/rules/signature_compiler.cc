// SPDX-License-Identifier: GPL-2.0-or-later
#include "signature_compiler.h"

#include "port_classes.h"
#include "trigger.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>

namespace nfsieve {
namespace {

constexpr std::size_t max_classes = 16; ///< payload databases a direction
constexpr std::size_t max_parts = 32;   ///< a bit each

/// Vectorscan looks at every byte where a literal is short, and at every second or fourth where none is. That
/// is faster on random bytes, and half as fast on text, where its first look then finds too much. Hence many
/// literals get one that is short, triggers nothing, and is hardly ever there.
const std::string small_stride = "c\xfe\xf1";
constexpr std::size_t many_literals = 100;

/// A literal as one text: what differs in case handling is another literal.
std::string keyed(const Trigger& trigger) {
    return (trigger.nocase ? "i" : "c") + trigger.bytes;
}

/// Views that hold the same bytes are one.
BufferView canonical(BufferView view) {
    if (view.buffer == Buffer::http_response_body)
        view.buffer = Buffer::file_data;
    return view;
}

bool streams(const BufferView& view) {
    return info(view.buffer).kind == BufferInfo::Kind::streaming && view.transforms.empty();
}

bool is_payload(const BufferView& view) {
    return view.buffer == Buffer::payload && view.transforms.empty();
}

/// Suricata's order of signatures: action, then those that set bits before those that ask for them, then
/// priority. https://docs.suricata.io/en/suricata-7.0.10/configuration/suricata-yaml.html#action-order
std::tuple<int, int, std::uint32_t> rank(const SignatureSpec& spec) {
    int action = 3;
    switch (spec.action) {
    case Action::accept:
        action = 0;
        break;
    case Action::drop:
        action = 1;
        break;
    case Action::reject:
        action = 2;
        break;
    case Action::alert:
        break;
    }
    bool sets = false, asks = false;
    for (const BitOperation& bit : spec.bits) {
        const bool asking = bit.op == BitOperation::Op::is_set || bit.op == BitOperation::Op::is_not_set;
        asks = asks || asking;
        sets = sets || !asking;
    }
    const int bits = sets ? (asks ? 1 : 0) : (asks ? 2 : 3);
    return {action, bits, spec.label.severity};
}

/// As JSON has it. Nearly all texts need no escapes: there are tens of thousands.
std::string json_text(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
    if (plain)
        return '"' + std::string(text) + '"';
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What events say beside the label, as EVE has it.
std::string more_of(const SignatureSpec& spec) {
    std::vector<std::pair<std::string_view, std::string>> values; // of metadata, in the order of their keys
    for (const auto& pair : spec.metadata) {
        const auto known = std::find_if(values.begin(), values.end(),
                                        [&](const auto& each) { return each.first == pair.first; });
        if (known == values.end())
            values.emplace_back(pair.first, json_text(pair.second));
        else
            known->second += ',' + json_text(pair.second);
    }
    std::string more;
    for (const auto& [key, some] : values)
        more += (more.empty() ? "{\"metadata\":{" : ",") + json_text(key) + ":[" + some + ']';
    more += more.empty() ? "" : "}";
    std::string references;
    for (const auto& [kind, what] : spec.references)
        references += (references.empty() ? "" : ",") + json_text(std::string(kind).append(",").append(what));
    if (!references.empty())
        more += (more.empty() ? "{" : ",") + ("\"references\":[" + references) + ']';
    return more.empty() ? more : more + '}';
}

} // namespace

bool Signature::header_matches(bool to_server, const Address& from, std::uint16_t from_port,
                               const Address& to, std::uint16_t to_port) const {
    const auto matches = [](const Endpoint& end, const Address& address, std::uint16_t port) {
        return end.ports.contains(port) && end.addresses.contains(address);
    };
    const auto sent_by = [&](const Endpoint& source, const Endpoint& destination) {
        return matches(source, from, from_port) && matches(destination, to, to_port);
    };
    if (spec.by_ends)
        return to_server ? sent_by(spec.source, spec.destination) : sent_by(spec.destination, spec.source);
    return sent_by(spec.source, spec.destination) ||
           (spec.both_ways && sent_by(spec.destination, spec.source));
}

Result<std::uint32_t> SignatureCompiler::view_index(const BufferView& view) {
    const auto found = std::find(set_.views_.begin(), set_.views_.end(), view);
    if (found != set_.views_.end())
        return static_cast<std::uint32_t>(found - set_.views_.begin());
    auto transforms = compile_transforms(view.transforms);
    if (!transforms)
        return transforms.error();
    set_.views_.push_back(view);
    set_.transforms_.push_back(*std::move(transforms));
    return static_cast<std::uint32_t>(set_.views_.size() - 1);
}

/// Takes it.
void SignatureCompiler::add(SignatureSpec& spec) {
    const auto refuse = [&](const Place& place, std::string message) {
        (skipped_ != nullptr ? *skipped_ : errors_).push_back({place, spec.label.id, std::move(message)});
    };
    if (spec.buffers.size() > max_parts)
        return refuse(spec.label.place, "looks at more than " + std::to_string(max_parts) +
                                            " buffers; split it into several rules");
    Signature signature;
    std::vector<Literal> literals;
    std::vector<double> scores;
    std::vector<bool> variables; // that the packet's headers just before this buffer have set
    bool failed = false;
    for (BufferChecks& buffer : spec.buffers) {
        buffer.view = canonical(std::move(buffer.view));
        if (info(buffer.view.buffer).protocol != AppProtocol::none)
            signature.reads_transaction = true;
        else if (buffer.view.buffer == Buffer::payload)
            signature.reads_payload = true;
        SignaturePart part;
        if (const auto view = view_index(buffer.view)) {
            part.view = *view;
        } else {
            refuse(buffer.place, view.error().message);
            failed = true;
        }
        const auto trigger = best_trigger(buffer);
        literals.push_back(trigger ? Literal{keyed(*trigger), trigger->head} : Literal());
        // Without any literal a part that is known early is the better one to wait for.
        scores.push_back(trigger ? trigger->score : streams(buffer.view) ? -0.5 : 0);
        const bool of_packet = is_packet_header(buffer.view.buffer);
        if (!of_packet)
            variables.clear();
        if (auto checks = compile_checks(std::move(buffer.checks), of_packet ? &variables : nullptr);
            checks) {
            part.checks = *std::move(checks);
        } else {
            refuse(buffer.place, checks.error().message);
            failed = true;
        }
        signature.parts.push_back(std::move(part));
    }
    signature.nodes = std::move(spec.nodes);
    choose_starts(signature, scores);
    if (failed)
        return;
    using Op = BitOperation::Op;
    signature.keeps_state = std::any_of(spec.bits.begin(), spec.bits.end(),
                                        [](const BitOperation& bit) {
                                            return bit.op != Op::is_set && bit.op != Op::is_not_set;
                                        }) ||
                            !spec.counters.empty();
    add_rule(spec);
    // What the rule's entry has is kept there alone: there are tens of thousands.
    spec.buffers = {};
    spec.metadata = {};
    spec.references = {};
    spec.variables = {};
    const std::uint32_t signature_id = spec.label.signature_id, severity = spec.label.severity;
    spec.label = {};
    spec.label.signature_id = signature_id;
    spec.label.severity = severity;
    signature.spec = std::move(spec);
    set_.signatures_.push_back(std::move(signature));
    literals_.push_back(std::move(literals));
}

/// The cheapest parts of which one holds wherever the rule does.
void SignatureCompiler::choose_starts(Signature& signature, const std::vector<double>& scores) const {
    struct Choice {
        double score = -1e9;
        std::vector<std::uint32_t> parts;
    };
    const auto of_part = [&](std::uint32_t part) {
        // What payload and transactions say together is judged where a transaction is at hand.
        const bool of_packets =
            info(set_.views_[signature.parts[part].view].buffer).protocol == AppProtocol::none;
        return of_packets && signature.reads_transaction ? Choice() : Choice{scores[part], {part}};
    };
    const std::function<Choice(std::uint32_t)> of_node = [&](std::uint32_t at) -> Choice {
        const MatchNode& node = signature.nodes[at];
        if (node.kind == MatchKind::pattern)
            return of_part(node.pattern);
        if (node.kind == MatchKind::not_)
            return {};
        Choice choice;
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            Choice child = of_node(node.children[i]);
            if (node.kind == MatchKind::any) {
                choice.score = i == 0 ? child.score : std::min(choice.score, child.score);
                choice.parts.insert(choice.parts.end(), child.parts.begin(), child.parts.end());
            } else if (child.score > choice.score) {
                choice = std::move(child);
            }
        }
        return choice;
    };
    Choice best;
    if (!signature.nodes.empty())
        best = of_node(0);
    else
        for (std::uint32_t part = 0; part < signature.parts.size(); ++part)
            if (Choice choice = of_part(part); choice.score > best.score)
                best = std::move(choice);
    for (const std::uint32_t part : best.parts)
        signature.parts[part].starts = true;
}

/// What the rest of the program knows of it.
void SignatureCompiler::add_rule(const SignatureSpec& spec) {
    Rule rule;
    rule.label = spec.label;
    rule.label.more = more_of(spec);
    rule.action = spec.action;
    rule.resets = spec.resets;
    rule.direction = spec.to_server && spec.to_client ? RuleDirection::both
                     : spec.to_server                 ? RuleDirection::to_server
                                                      : RuleDirection::to_client;
    // Of a rule for both directions, either end may be the client.
    if (spec.by_ends || (rule.direction == RuleDirection::to_server && !spec.both_ways)) {
        rule.from = spec.source;
        rule.to = spec.destination;
    } else if (rule.direction == RuleDirection::to_client && !spec.both_ways) {
        rule.from = spec.destination;
        rule.to = spec.source;
    }
    rule.log = !spec.noalert;
    rule.last_offset = no_limit;
    rule.fingerprint = spec.fingerprint;
    rules_.push_back(std::move(rule));
}

void SignatureCompiler::set_orders(std::uint32_t first) {
    std::vector<std::uint32_t> order(set_.signatures_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return rank(set_.signatures_[a].spec) < rank(set_.signatures_[b].spec);
    });
    for (std::uint32_t place = 0; place < order.size(); ++place)
        rules_[set_.first_rule_ + order[place]].order =
            set_.signatures_[order[place]].spec.order.value_or(first + place);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::get<1>(rank(set_.signatures_[a].spec)) < std::get<1>(rank(set_.signatures_[b].spec));
    });
    for (std::uint32_t place = 0; place < order.size(); ++place)
        set_.signatures_[order[place]].turn = place;
}

/// Puts a rule under the literals of its parts of this view, or where it starts with one that has none, under
/// `always`.
void SignatureCompiler::collect(Collected& into, std::uint32_t rule, std::uint32_t view) const {
    const std::uint32_t index = rule - set_.first_rule_;
    const Signature& signature = set_.signatures_[index];
    const auto add = [rule](std::vector<std::uint32_t>& rules) {
        if (rules.empty() || rules.back() != rule)
            rules.push_back(rule);
    };
    for (std::size_t part = 0; part < signature.parts.size(); ++part) {
        if (signature.parts[part].view != view)
            continue;
        const Literal& literal = literals_[index][part];
        // A literal of a buffer that is there at once need not be looked for where another part comes first.
        if (!literal.text.empty() && (signature.parts[part].starts || streams(set_.views_[view]))) {
            Triggered& triggered = (literal.head > 0 ? into.head : into.anywhere)[literal.text];
            add(triggered.rules);
            triggered.head = std::max(triggered.head, literal.head);
        } else if (literal.text.empty() && signature.parts[part].starts) {
            add(into.always);
        }
    }
}

TriggerGroup SignatureCompiler::build(Collected collected, HsScratch& scratch) {
    TriggerGroup group;
    group.anywhere = build(collected.anywhere, scratch);
    group.head = build(collected.head, scratch);
    if (!group.head.head.empty())
        group.head_size = *std::max_element(group.head.head.begin(), group.head.head.end());
    group.always = std::move(collected.always);
    return group;
}

TriggerLiterals SignatureCompiler::build(const ByLiteral& by_literal, HsScratch& scratch) {
    TriggerLiterals group;
    if (by_literal.empty())
        return group;
    ++set_.database_count_;
    // In a fixed order: the same rules are the same file in the cache.
    const std::map<std::string, Triggered> sorted(by_literal.begin(), by_literal.end());
    std::vector<const char*> texts;
    std::vector<unsigned> flags, ids;
    std::vector<std::size_t> sizes;
    std::string identity = "block literals\n";
    const auto add = [&](const std::string& literal) {
        ids.push_back(static_cast<unsigned>(texts.size()));
        texts.push_back(literal.data() + 1);
        sizes.push_back(literal.size() - 1);
        flags.push_back(literal.front() == 'i' ? HS_FLAG_CASELESS : 0U);
    };
    group.first.push_back(0);
    for (const auto& [literal, triggered] : sorted) {
        add(literal);
        group.longest = std::max(group.longest, sizes.back());
        group.rules.insert(group.rules.end(), triggered.rules.begin(), triggered.rules.end());
        if (triggered.head > 0)
            group.head.push_back(static_cast<std::uint32_t>(triggered.head));
        group.first.push_back(static_cast<std::uint32_t>(group.rules.size()));
        identity += std::to_string(literal.size()) + ' ' + literal;
    }
    set_.literal_count_ += texts.size();
    if (texts.size() >= many_literals) {
        add(small_stride);
        identity += small_stride;
        group.first.push_back(group.first.back());
        if (!group.head.empty())
            group.head.push_back(0);
    }
    group.database = cache_.load(identity);
    if (!group.database) {
        hs_database_t* database = nullptr;
        hs_compile_error_t* raw_error = nullptr;
        const hs_error_t status = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(),
                                                       static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                                                       nullptr, &database, &raw_error);
        const HsCompileError error(raw_error);
        if (status != HS_SUCCESS) {
            errors_.push_back(
                {{},
                 "",
                 "all signatures together: Vectorscan cannot compile their literals: " +
                     std::string(error && error->message ? error->message : "no reason given")});
            return group;
        }
        group.database.reset(database);
        cache_.store(identity, database);
    }
    hs_scratch_t* raw = scratch.release();
    const hs_error_t grown = hs_alloc_scratch(group.database.get(), &raw);
    scratch.reset(raw);
    if (grown != HS_SUCCESS)
        errors_.push_back({{}, "", "out of memory for the matcher's scratch space; load fewer rules"});
    return group;
}

void SignatureCompiler::group_payload(HsScratch& scratch) {
    for (const bool to_server : {true, false}) {
        std::vector<std::uint32_t> members;
        for (std::uint32_t i = 0; i < set_.signatures_.size(); ++i) {
            const Signature& signature = set_.signatures_[i];
            const std::uint32_t rule = set_.first_rule_ + i;
            if (!(to_server ? signature.spec.to_server : signature.spec.to_client))
                continue;
            // Payload that is to be found, and whatever else only packets tell.
            bool literal = false, packets = signature.parts.empty();
            for (std::size_t at = 0; at < signature.parts.size(); ++at) {
                const SignaturePart& part = signature.parts[at];
                const BufferView& view = set_.views_[part.view];
                if (info(view.buffer).protocol != AppProtocol::none)
                    continue;
                if (is_payload(view) && !literals_[i][at].text.empty())
                    literal = true;
                else if (part.starts || signature.reads_transaction)
                    packets = true;
            }
            if (literal)
                members.push_back(rule);
            if (!packets || !signature.spec.app_events.empty())
                continue;
            if (signature.reads_payload) {
                set_.payload_rules_[to_server ? 0 : 1].push_back(rule);
                continue;
            }
            for (unsigned flags = 0; flags < 256; ++flags)
                if (!signature.spec.flags || signature.spec.flags->holds(static_cast<std::uint8_t>(flags)))
                    set_.packet_rules_[to_server ? 0 : 1][flags].push_back(rule);
            // How long the streams are is known behind the payload.
            if (signature.spec.action == Action::accept && signature.spec.stream_size.empty())
                set_.pass_rules_[to_server ? 0 : 1].push_back(rule);
        }
        auto& by_port = set_.payload_of_port_[to_server ? 0 : 1];
        std::map<std::vector<std::uint32_t>, std::uint16_t> known;
        for (const PortClass& port_class : classify_ports(rules_, members, max_classes)) {
            const auto [entry, fresh] =
                known.try_emplace(port_class.rules, static_cast<std::uint16_t>(set_.payload_groups_.size()));
            if (fresh) {
                Collected collected;
                for (const std::uint32_t rule : port_class.rules)
                    collect(collected, rule, 0);
                set_.payload_groups_.push_back(build(std::move(collected), scratch));
            }
            if (by_port.empty())
                by_port.assign(65536, SignatureSet::no_group);
            for (const PortRange& range : port_class.ports)
                std::fill(by_port.begin() + range.first, by_port.begin() + range.last + 1, entry->second);
        }
    }
}

void SignatureCompiler::group_views(HsScratch& scratch) {
    for (const bool to_server : {true, false})
        for (std::uint32_t view = 0; view < set_.views_.size(); ++view) {
            const BufferInfo& about = info(set_.views_[view].buffer);
            if (about.protocol == AppProtocol::none)
                continue;
            Collected collected;
            for (std::uint32_t i = 0; i < set_.signatures_.size(); ++i)
                if (to_server ? set_.signatures_[i].spec.to_server : set_.signatures_[i].spec.to_client)
                    collect(collected, set_.first_rule_ + i, view);
            if (collected.empty())
                continue;
            set_.view_groups_[to_server ? 0 : 1].push_back({view, build(std::move(collected), scratch)});
        }
}

SignatureSet SignatureCompiler::run(std::vector<SignatureSpec> specs, std::uint32_t order,
                                    HsScratch& scratch) {
    set_.first_rule_ = static_cast<std::uint32_t>(rules_.size());
    static_cast<void>(view_index({})); // plain payload is the first
    set_.signatures_.reserve(specs.size());
    literals_.reserve(specs.size());
    rules_.reserve(rules_.size() + specs.size());
    for (SignatureSpec& spec : specs)
        add(spec);
    specs = {};
    if (!errors_.empty())
        return std::move(set_);
    set_orders(order);
    group_payload(scratch);
    group_views(scratch);
    for (const Signature& signature : set_.signatures_) {
        const SignatureSpec& spec = signature.spec;
        const auto need = [&](AppProtocol protocol) {
            set_.parses_[static_cast<std::size_t>(protocol)] = true;
        };
        for (const SignaturePart& part : signature.parts)
            need(info(set_.views_[part.view].buffer).protocol);
        if (spec.protocol == SignatureSpec::Protocol::http)
            need(AppProtocol::http);
        if (spec.protocol == SignatureSpec::Protocol::tls)
            need(AppProtocol::tls);
        if (spec.app_protocol)
            need(*spec.app_protocol);
        if (signature.reads_payload && set_.skips_encrypted_) {
            need(AppProtocol::tls);
            need(AppProtocol::ssh);
        }
        for (const std::string& event : spec.app_events)
            need(event.rfind("tls.", 0) == 0 ? AppProtocol::tls : AppProtocol::http);
    }
    return std::move(set_);
}

} // namespace nfsieve
