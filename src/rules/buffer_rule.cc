// SPDX-License-Identifier: GPL-2.0-or-later
#include "buffer_rule.h"

#include <algorithm>

namespace nfsieve {
namespace {

/// False where plain payload can make it true by itself.
bool needs_buffer(const MatchSpec& match) {
    const auto& children = match.children;
    switch (match.kind) {
    case MatchKind::pattern:
        return match.pattern.view.buffer != Buffer::payload;
    case MatchKind::all:
        return std::any_of(children.begin(), children.end(), needs_buffer);
    case MatchKind::any:
        return std::all_of(children.begin(), children.end(), needs_buffer);
    case MatchKind::not_:
        break;
    }
    return false;
}

class Converter {
public:
    Converter(const RuleSpec& rule, std::vector<RuleError>& errors) : rule_(rule), errors_(errors) {
        signature_.label = rule.label;
        signature_.action = rule.action;
        signature_.noalert = !rule.log;
        signature_.source = rule.from;
        signature_.destination = rule.to;
        signature_.by_ends = true;
        signature_.to_server = rule.direction != RuleDirection::to_client;
        signature_.to_client = rule.direction != RuleDirection::to_server;
    }

    SignatureSpec run(const MatchSpec& match) {
        add(match);
        if (!needs_buffer(match))
            errors_.push_back(
                {rule_.label.place, rule_.label.id,
                 "\"payload\" and named buffers cannot be alternatives in one rule; write two rules"});
        return std::move(signature_);
    }

private:
    void refuse(const PatternSpec& pattern, std::string message) {
        errors_.push_back({pattern.place, rule_.label.id, std::move(message)});
    }

    std::uint32_t add(const MatchSpec& match) {
        const auto at = static_cast<std::uint32_t>(signature_.nodes.size());
        signature_.nodes.emplace_back();
        signature_.nodes[at].kind = match.kind;
        if (match.kind == MatchKind::pattern) {
            signature_.nodes[at].pattern = static_cast<std::uint32_t>(signature_.buffers.size());
            add_buffer(match);
        }
        for (const MatchSpec& child : match.children) {
            const std::uint32_t node = add(child);
            signature_.nodes[at].children.push_back(node);
        }
        return at;
    }

    void add_buffer(const MatchSpec& match) {
        const BufferInfo& about = info(match.pattern.view.buffer);
        if (!(signature_.to_server && about.to_server) && !(signature_.to_client && about.to_client))
            refuse(match.pattern, "\"" + std::string(about.name) + "\" is never in what the " +
                                      (signature_.to_server ? "client" : "server") +
                                      " sends; correct \"direction\"");
        BufferChecks buffer;
        buffer.view = match.pattern.view;
        buffer.place = match.pattern.place;
        add_checks(match.pattern, buffer.checks);
        for (const PatternSpec& pattern : match.also)
            add_checks(pattern, buffer.checks);
        signature_.buffers.push_back(std::move(buffer));
    }

    void add_checks(const PatternSpec& pattern, std::vector<Check>& checks) {
        if (pattern.kind == PatternSpec::Kind::regex) {
            if (pattern.view.buffer == Buffer::payload && (pattern.offset > 0 || pattern.depth))
                refuse(pattern,
                       "\"offset\" and \"depth\" cannot stand beside a \"regex\" in a rule that also names "
                       "buffers; begin it with ^.{N}");
            PcreCheck regex;
            regex.pattern = pattern.text;
            regex.caseless = pattern.nocase;
            checks.push_back({std::move(regex)});
            return;
        }
        if (pattern.at_end && pattern.view.buffer == Buffer::payload)
            return refuse(pattern,
                          "\"equals\" on \"payload\" cannot stand in a rule that also names buffers");
        ContentCheck content;
        content.bytes = pattern.text;
        content.nocase = pattern.nocase;
        content.ends_with = pattern.at_end;
        const auto operand = [](std::uint64_t number) {
            return Operand{static_cast<std::int64_t>(number), std::nullopt};
        };
        if (pattern.offset > 0 || pattern.at_start || pattern.depth)
            content.offset = operand(pattern.offset);
        if (pattern.at_start)
            content.depth = operand(pattern.text.size());
        else if (pattern.depth)
            content.depth = operand(*pattern.depth);
        checks.push_back({std::move(content)});
        if (pattern.at_start && pattern.at_end)
            checks.push_back({SizeCheck{{NumberTest::Op::equal, pattern.text.size(), 0}}});
    }

    const RuleSpec& rule_;
    std::vector<RuleError>& errors_;
    SignatureSpec signature_;
};

} // namespace

bool names_buffers(const MatchSpec& match) {
    return match.kind == MatchKind::pattern
               ? match.pattern.view.buffer != Buffer::payload
               : std::any_of(match.children.begin(), match.children.end(), names_buffers);
}

SignatureSpec signature_of(const RuleSpec& rule, const MatchSpec& match, std::vector<RuleError>& errors) {
    return Converter(rule, errors).run(match);
}

} // namespace nfsieve
