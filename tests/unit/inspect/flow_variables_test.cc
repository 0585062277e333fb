// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/flow_variables.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

BitOperation bit(BitOperation::Op op, std::vector<std::string> names) {
    BitOperation operation;
    operation.op = op;
    operation.names = std::move(names);
    return operation;
}

CounterOperation counter(const std::string& name, CounterOperation::Op op, std::uint32_t number,
                         const std::string& variable = "") {
    return {name, op, number, variable};
}

class FlowVariablesTest : public ::testing::Test {
protected:
    bool holds(const BitOperation& operation) { return variables_.hold(std::span(&operation, 1)); }
    void apply(const BitOperation& operation) { variables_.apply(std::span(&operation, 1)); }
    bool holds(const CounterOperation& operation) { return variables_.hold(std::span(&operation, 1)); }
    void apply(const CounterOperation& operation) { variables_.apply(std::span(&operation, 1)); }
    FlowVariables variables_;
};

using Bit = BitOperation::Op;
using Count = CounterOperation::Op;

TEST_F(FlowVariablesTest, ABitThatWasSetIsSet) {
    EXPECT_FALSE(holds(bit(Bit::is_set, {"a"})));
    EXPECT_TRUE(holds(bit(Bit::is_not_set, {"a"})));
    apply(bit(Bit::set, {"a"}));
    EXPECT_TRUE(holds(bit(Bit::is_set, {"a"})));
    EXPECT_FALSE(holds(bit(Bit::is_set, {"b"})));
    apply(bit(Bit::unset, {"a"}));
    EXPECT_FALSE(holds(bit(Bit::is_set, {"a"})));
}

TEST_F(FlowVariablesTest, OneOfSeveralBitsIsEnough) {
    apply(bit(Bit::set, {"b"}));
    EXPECT_TRUE(holds(bit(Bit::is_set, {"a", "b"})));
    EXPECT_TRUE(holds(bit(Bit::is_not_set, {"a", "b"})));
    EXPECT_FALSE(holds(bit(Bit::is_not_set, {"b"})));
}

TEST_F(FlowVariablesTest, TogglingTwiceChangesNothing) {
    apply(bit(Bit::toggle, {"a"}));
    EXPECT_TRUE(holds(bit(Bit::is_set, {"a"})));
    apply(bit(Bit::toggle, {"a"}));
    EXPECT_FALSE(holds(bit(Bit::is_set, {"a"})));
}

TEST_F(FlowVariablesTest, ACounterCounts) {
    EXPECT_FALSE(holds(counter("n", Count::greater, 0))) << "a counter that nobody set is like no number";
    EXPECT_TRUE(holds(counter("n", Count::is_not_set, 0)));
    apply(counter("n", Count::add, 2));
    apply(counter("n", Count::add, 1));
    EXPECT_TRUE(holds(counter("n", Count::equal, 3)));
    EXPECT_TRUE(holds(counter("n", Count::less_equal, 3)));
    EXPECT_FALSE(holds(counter("n", Count::greater, 3)));
    apply(counter("n", Count::subtract, 5));
    EXPECT_TRUE(holds(counter("n", Count::equal, 0))) << "and does not fall below zero";
}

TEST_F(FlowVariablesTest, ACounterIsHeldAgainstAnother) {
    apply(counter("n", Count::assign, 5));
    EXPECT_FALSE(holds(counter("n", Count::equal, 0, "m")));
    apply(counter("m", Count::assign, 5));
    EXPECT_TRUE(holds(counter("n", Count::equal, 0, "m")));
    apply(counter("n", Count::add, 0, "m"));
    EXPECT_TRUE(holds(counter("n", Count::equal, 10)));
}

TEST_F(FlowVariablesTest, AFlowKeepsABoundedNumberOfBits) {
    for (int i = 0; i < 10000; ++i)
        apply(bit(Bit::set, {"bit" + std::to_string(i)}));
    EXPECT_LE(variables_.memory(), 16384U);
    EXPECT_TRUE(holds(bit(Bit::is_set, {"bit0"})));
}

} // namespace
} // namespace nfsieve
