// SPDX-License-Identifier: GPL-2.0-or-later
// Which literal a signature is looked for by.
#include "../../../src/rules/byte_pairs.h"
#include "../../../src/rules/trigger.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

Check content(std::string bytes) {
    ContentCheck check;
    check.bytes = std::move(bytes);
    return {check};
}

ContentCheck& of(Check& check) {
    return std::get<ContentCheck>(check.what);
}

std::optional<Trigger> trigger(std::vector<Check> checks, Buffer buffer = Buffer::file_data) {
    return best_trigger({{buffer, "", {}}, std::move(checks), {}});
}

TEST(Trigger, TheRarerContentIsLookedFor) {
    EXPECT_EQ(trigger({content("the content"), content("zqXw#7k^")})->bytes, "zqXw#7k^");
    EXPECT_EQ(trigger({content("</script>"), content("_0x4f9ajq")})->bytes, "_0x4f9ajq");
}

TEST(Trigger, ItEndsWithTheRarestBytesOfALongContentAndIsAsLongAsCanBe) {
    const Trigger found =
        *trigger({content("<div class=\"" + std::string(30, 'e') + "qzxjkvqj the end of the table")});
    EXPECT_EQ(found.bytes.size(), 24U);
    EXPECT_NE(found.bytes.find("qzxjkvq"), std::string::npos);
    EXPECT_EQ(found.bytes.find("table"), std::string::npos);
}

TEST(Trigger, LettersAreSmallWhereTheirCaseDoesNotMatter) {
    Check check = content("QzXjK");
    of(check).nocase = true;
    EXPECT_EQ(trigger({check})->bytes, "qzxjk");
    EXPECT_TRUE(trigger({check})->nocase);
    EXPECT_EQ(trigger({content("QzXjK")})->bytes, "QzXjK");
}

TEST(Trigger, NothingThatNeedNotBeThereIsLookedFor) {
    Check negated = content("qzxjk");
    of(negated).negated = true;
    EXPECT_FALSE(trigger({negated}));
    EXPECT_FALSE(trigger({}));
}

TEST(Trigger, ZerosInFrontAreLeftOutForVectorscanTakesThemForNothing) {
    EXPECT_EQ(trigger({content(std::string("\0\0ab", 4))})->bytes, "ab");
    EXPECT_EQ(trigger({content(std::string("ab\0\0", 4))})->bytes, std::string("ab\0\0", 4));
    EXPECT_FALSE(trigger({content(std::string(4, '\0'))}));
}

TEST(Trigger, TheAuthorsChoiceIsPreferredAndChopped) {
    Check chosen = content("some content here");
    of(chosen).fast_pattern = true;
    EXPECT_EQ(trigger({chosen, content("value")})->bytes, "some content here");
    of(chosen).chop = {5, 7};
    EXPECT_EQ(trigger({chosen})->bytes, "content");
}

TEST(Trigger, AContentAtTheBeginningHasAHead) {
    Check magic = content("MZ");
    of(magic).depth = Operand{2, {}};
    EXPECT_EQ(trigger({magic})->head, 2U);
    of(magic).offset = Operand{10, {}};
    EXPECT_EQ(trigger({magic})->head, 12U);
    EXPECT_EQ(trigger({magic}, Buffer::http_uri)->head, 0U) << "a short buffer is looked at whole";
    of(magic).depth = Operand{1000, {}};
    EXPECT_EQ(trigger({magic})->head, 0U);
    Check relative = content("MZ");
    of(relative).within = Operand{2, {}};
    EXPECT_EQ(trigger({relative})->head, 0U);
    Check variable = content("MZ");
    of(variable).depth = Operand{2, {}};
    of(variable).offset = Operand{0, 0};
    EXPECT_EQ(trigger({variable})->head, 0U) << "where it is, is not known before";
}

TEST(BytePairs, CommonPairsTellLittle) {
    EXPECT_LT(pair_bits(' ', ' '), pair_bits('t', 'h'));
    EXPECT_LT(pair_bits('t', 'h'), pair_bits('q', 'z'));
    EXPECT_EQ(pair_bits('t', 'h'), pair_bits('T', 'H'));
    EXPECT_LT(pair_bits(0, 0), pair_bits(0, 1));
    for (unsigned first = 0; first < 256; ++first)
        for (unsigned second = 0; second < 256; ++second)
            EXPECT_LE(pair_bits(static_cast<unsigned char>(first), static_cast<unsigned char>(second)), 15U);
}

} // namespace
} // namespace nfsieve
