# METADATA
# title: Whether an attribute keeps to a parameter
# description: |
#   What is undefined inside `not f(x.y)` makes the whole rule undefined, and a rule that is undefined denies nothing. So
#   a rule hands the object, the attribute's name and the parameter's name over, and they are looked up here: what is
#   missing, of another type or known only after apply keeps to nothing.
package tashika.base.attribute

import data.tashika.parameters

is_at_most(whole, name, parameter) if {
	is_number(whole[name])
	whole[name] <= parameters[parameter]
}

is_at_least(whole, name, parameter) if {
	is_number(whole[name])
	whole[name] >= parameters[parameter]
}

is_among(whole, name, parameter) if whole[name] in parameters[parameter]

is_exactly(whole, name, value) if whole[name] == value

has(whole, name) if name in object.keys(whole)

# The attribute for a sentence.
told(whole, name) := whole[name] if {
	not is_exactly(whole, name, null)
} else := "not set" if {
	is_exactly(whole, name, null)
} else := "not known"

# The values of a parameter for a sentence.
listed(parameter) := concat(", ", sort([value | some value in parameters[parameter]]))
