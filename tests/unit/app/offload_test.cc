// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/offload.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

/// What the kernel has, and what it was told to clear.
class MadeKernel : public KernelMarks {
public:
    struct State {
        std::vector<GenerationSet> sets;
        std::vector<std::uint32_t> cleared;
        bool conntrack = true;
    };
    explicit MadeKernel(State& state) : state_(state) {}

    Result<std::vector<GenerationSet>> read() override { return state_.sets; }
    Result<void> put(const std::string& table, std::optional<std::uint32_t> mark) override {
        for (GenerationSet& set : state_.sets)
            if (set.table == table)
                set.marks = mark ? std::vector{*mark} : std::vector<std::uint32_t>();
        return {};
    }
    Result<std::size_t> clear(std::uint32_t mark, std::uint32_t mask) override {
        if (!state_.conntrack)
            return Error{"no nf_conntrack_netlink"};
        EXPECT_EQ(mask, 0x1700U);
        state_.cleared.push_back(mark);
        return std::size_t{0};
    }

private:
    State& state_;
};

class OffloadTest : public testing::Test {
protected:
    std::unique_ptr<Offload> make(bool on = true) {
        return std::make_unique<Offload>(MarkLayout(), on, std::make_unique<MadeKernel>(kernel),
                                         [this](const std::string& message) { told.push_back(message); });
    }
    MadeKernel::State kernel{{{"nfsieve", {}}}, {}, true};
    std::vector<std::string> told;
};

using Marks = std::vector<std::uint32_t>;

TEST_F(OffloadTest, AGenerationIsClearedBeforeItIsSaid) {
    const auto offload = make();
    EXPECT_EQ(offload->generation(), 0);
    offload->advance();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.sets[0].marks, Marks{0x100});
    EXPECT_EQ(kernel.cleared, Marks{0x100});
}

TEST_F(OffloadTest, SixGenerationsComeRound) {
    const auto offload = make();
    for (int i = 0; i < 7; ++i)
        offload->advance();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.cleared, (Marks{0x100, 0x200, 0x300, 0x400, 0x500, 0x600, 0x100}));
}

TEST_F(OffloadTest, WhatADaemonBeforeUsedIsNotUsedNext) {
    kernel.sets[0].marks = {0x300};
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 4);
}

TEST_F(OffloadTest, WithoutATableNothingIsMarkedUntilOneIsThere) {
    kernel.sets.clear();
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 0);
    kernel.sets = {{"nfsieve", {}}, {"nfsieve_host", {}}};
    offload->restore();
    EXPECT_EQ(offload->generation(), 1);
    EXPECT_EQ(kernel.sets[1].marks, Marks{0x100});
}

TEST_F(OffloadTest, OldMarksThatCannotBeClearedAreNotTrusted) {
    kernel.conntrack = false;
    kernel.sets[0].marks = {0x200};
    const auto offload = make();
    offload->advance();
    EXPECT_EQ(offload->generation(), 0);
    EXPECT_EQ(kernel.sets[0].marks, Marks());
    offload->advance();
    ASSERT_EQ(told.size(), 1U) << "once";
    EXPECT_NE(told[0].find("nf_conntrack_netlink"), std::string::npos);
}

TEST_F(OffloadTest, SwitchedOffItTakesBackWhatWasDone) {
    kernel.sets[0].marks = {0x200};
    const auto offload = make(false);
    offload->advance();
    EXPECT_EQ(kernel.sets[0].marks, Marks());
    EXPECT_EQ(offload->generation(), 0);
}

} // namespace
} // namespace nfsieve
