// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compiled_transforms.h"

namespace nfsieve {

Result<CompiledTransforms> compile_transforms(std::span<const Transform> transforms) {
    CompiledTransforms compiled;
    for (const Transform& transform : transforms) {
        CompiledTransforms::Step step;
        step.transform = transform;
        if (transform.kind == Transform::Kind::domain)
            return Error{"the transform domain is not supported"};
        if (transform.kind == Transform::Kind::xor_key && transform.argument.empty())
            return Error{"xor needs a key"};
        if (transform.kind == Transform::Kind::pcrexform) {
            PcreCheck check;
            check.pattern = transform.argument;
            Result<Regex> regex = compile_regex(check);
            if (!regex)
                return regex.error();
            if (regex->captures != 1)
                return Error{"pcrexform needs exactly one capture, the pattern has " +
                             std::to_string(regex->captures)};
            step.regex = *std::move(regex);
        }
        compiled.steps_.push_back(std::move(step));
    }
    return compiled;
}

} // namespace nfsieve
