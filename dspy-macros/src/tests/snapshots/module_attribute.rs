#[derive(::core::clone::Clone)]
#[derive(::dspy::__private::Module)]
#[dspy(no_new)]
struct Support {
    triage: Predict<Triage>,
    #[plain]
    #[dspy(plian = plain)]
    policies: Policies,
}
