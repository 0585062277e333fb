// SPDX-License-Identifier: GPL-2.0-or-later
// How errors travel: a function that can fail for reasons outside the program returns Result<T>. The caller
// must look at it ([[nodiscard]]); the message is a sentence for the operator, with the place and the remedy.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace nfsieve {

/// What went wrong, in words that an operator can act on.
struct Error {
    std::string message;
};

/// Stands for "nothing to return" in Result<void>.
struct Unit {};

/// Either a value or an Error. Not thread-safe; owns what it holds.
template <class T>
class [[nodiscard]] Result {
public:
    using Value = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }

    /// The value; only where `operator bool` is true.
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// The error; only where `operator bool` is false.
    [[nodiscard]] const Error& error() const {
        assert(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }

private:
    T& value() {
        assert(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }
    const T& value() const {
        assert(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }

    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> : public Result<Unit> {
public:
    Result() : Result<Unit>(Unit{}) {}
    Result(Error error) : Result<Unit>(std::move(error)) {}
};

} // namespace nfsieve
