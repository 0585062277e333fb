// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/flow_variables.h"

#include "name_hash.h"

#include <algorithm>
#include <optional>

namespace nfsieve {
namespace {

constexpr std::size_t most = 256;

} // namespace

bool FlowVariables::is_set(std::uint64_t name) const {
    return std::binary_search(bits_.begin(), bits_.end(), name);
}

void FlowVariables::set(std::uint64_t name, bool value) {
    const auto at = std::lower_bound(bits_.begin(), bits_.end(), name);
    const bool there = at != bits_.end() && *at == name;
    if (value && !there && bits_.size() < most)
        bits_.insert(at, name);
    else if (!value && there)
        bits_.erase(at);
}

const std::uint32_t* FlowVariables::counter(std::uint64_t name) const {
    const auto found = std::find_if(counters_.begin(), counters_.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    return found == counters_.end() ? nullptr : &found->second;
}

bool FlowVariables::hold(std::span<const BitOperation> operations) const {
    using Op = BitOperation::Op;
    return std::all_of(operations.begin(), operations.end(), [&](const BitOperation& operation) {
        if (operation.scope != BitOperation::Scope::flow ||
            (operation.op != Op::is_set && operation.op != Op::is_not_set))
            return true;
        return std::any_of(operation.names.begin(), operation.names.end(), [&](const std::string& name) {
            return is_set(name_hash(name)) == (operation.op == Op::is_set);
        });
    });
}

void FlowVariables::apply(std::span<const BitOperation> operations) {
    for (const BitOperation& operation : operations) {
        if (operation.scope != BitOperation::Scope::flow)
            continue;
        for (const std::string& name : operation.names) {
            const std::uint64_t hash = name_hash(name);
            switch (operation.op) {
            case BitOperation::Op::set:
                set(hash, true);
                break;
            case BitOperation::Op::unset:
                set(hash, false);
                break;
            case BitOperation::Op::toggle:
                set(hash, !is_set(hash));
                break;
            case BitOperation::Op::is_set:
            case BitOperation::Op::is_not_set:
                break;
            }
        }
    }
}

bool FlowVariables::hold(std::span<const CounterOperation> operations) const {
    using Op = CounterOperation::Op;
    return std::all_of(operations.begin(), operations.end(), [&](const CounterOperation& operation) {
        const std::uint32_t* value = counter(name_hash(operation.name));
        std::optional<std::uint32_t> than = operation.number;
        if (!operation.variable.empty()) {
            const std::uint32_t* variable = counter(name_hash(operation.variable));
            than = variable == nullptr ? std::nullopt : std::optional(*variable);
        }
        switch (operation.op) {
        case Op::assign:
        case Op::add:
        case Op::subtract:
            return true;
        case Op::is_set:
            return value != nullptr;
        case Op::is_not_set:
            return value == nullptr;
        default:
            break;
        }
        if (value == nullptr || !than)
            return false;
        switch (operation.op) {
        case Op::less:
            return *value < *than;
        case Op::less_equal:
            return *value <= *than;
        case Op::equal:
            return *value == *than;
        case Op::not_equal:
            return *value != *than;
        case Op::greater_equal:
            return *value >= *than;
        case Op::greater:
            return *value > *than;
        default:
            return false;
        }
    });
}

void FlowVariables::apply(std::span<const CounterOperation> operations) {
    using Op = CounterOperation::Op;
    for (const CounterOperation& operation : operations) {
        if (operation.op != Op::assign && operation.op != Op::add && operation.op != Op::subtract)
            continue;
        std::uint32_t number = operation.number;
        if (!operation.variable.empty()) {
            const std::uint32_t* variable = counter(name_hash(operation.variable));
            if (variable == nullptr)
                continue;
            number = *variable;
        }
        const std::uint64_t name = name_hash(operation.name);
        if (counter(name) == nullptr) {
            if (counters_.size() >= most)
                continue;
            counters_.emplace_back(name, 0);
        }
        auto& value = std::find_if(counters_.begin(), counters_.end(), [&](const auto& entry) {
                          return entry.first == name;
                      })->second;
        if (operation.op == Op::assign)
            value = number;
        else if (operation.op == Op::add)
            value += number;
        else
            value -= std::min(value, number);
    }
}

} // namespace nfsieve
