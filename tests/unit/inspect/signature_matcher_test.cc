// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/signature_matcher.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/suricata_reader.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

/// Payload that a client sends, against signatures, from any offset of its stream on.
class Matching {
public:
    Matching(const std::string& text, std::uint64_t offset) : offset_(offset) {
        ReadSignatures read = read_signatures(text, "test.rules", default_suricata_options());
        Compiled compiled = compile({}, std::move(read.signatures), {});
        for (const RuleError& error : compiled.errors)
            ADD_FAILURE() << error.to_string();
        rules_ = std::move(compiled.rules);
        matcher_.emplace(*rules_, hosts_, SignatureLimits());
        flow_.ends = {offset, offset};
    }

    /// How many rules hold now.
    std::size_t feed(std::string_view text) {
        SignatureContext context;
        context.header = &header_;
        context.variables = &variables_;
        context.established = true;
        std::vector<Hit> hits;
        EXPECT_EQ(matcher_->find_payload(flow_, Side::client, as_bytes(text), offset_, context),
                  SignatureMatcher::Outcome::fine);
        matcher_->judge_payload(flow_, Side::client, as_bytes(text), offset_, context, hits);
        offset_ += text.size();
        return hits.size();
    }
    [[nodiscard]] std::size_t open() const { return flow_.open[0].size(); }

private:
    std::uint64_t offset_;
    Header header_;
    HostTable hosts_;
    std::shared_ptr<const RuleSet> rules_;
    std::optional<SignatureMatcher> matcher_;
    SignatureFlow flow_;
    FlowVariables variables_;
};

const std::string needs_both = R"(drop tcp any any -> any any (content:"trigger!"; content:"and"; sid:1;))";

/// An open rule keeps the low 32 bits of its offsets.
TEST(SignatureMatcher, ARuleIsCompletedAcrossFourGibibytesOfStream) {
    constexpr std::uint64_t four_gibibytes = std::uint64_t{1} << 32;
    for (const std::uint64_t before : {0U, 1U, 4U, 8U, 12U, 500U, 760U}) {
        Matching it(needs_both, four_gibibytes - before);
        EXPECT_EQ(it.feed("trigger!"), 0U) << before;
        EXPECT_EQ(it.feed(std::string(700, '.')), 0U) << before;
        EXPECT_EQ(it.feed("an"), 0U) << before;
        EXPECT_EQ(it.feed("d"), 1U) << before;
    }
}

TEST(SignatureMatcher, ATriggerBeginsNothingOnceItHasLeftTheWindow) {
    for (const std::uint64_t offset : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 400}) {
        Matching it(needs_both, offset);
        EXPECT_EQ(it.feed("trigger!"), 0U);
        EXPECT_EQ(it.feed(std::string(767, '.')), 0U);
        EXPECT_EQ(it.open(), 1U);
        EXPECT_EQ(it.feed("."), 0U);
        EXPECT_EQ(it.open(), 0U);
        EXPECT_EQ(it.feed("and"), 0U);
    }
}

} // namespace
} // namespace nfsieve
